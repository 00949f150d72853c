"""A default is said once, in `_config`."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator

import fastfetch as ff

from tests.house.repository import rust, sources, text

CONFIG = "python/fastfetch/_config"
CONFIG_MODULES = "fastfetch._config."


def settings() -> set[str]:
    """The fields of the dataclasses in `_config`: the names of all settings."""
    return {
        field.target.id
        for file in sources(CONFIG, ".py")
        for statement in ast.parse(text(file)).body
        if isinstance(statement, ast.ClassDef)
        for field in statement.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }


def defaults(name: str) -> Iterator[tuple[str, ast.expr]]:
    """Every parameter with a default in a file's functions, and that default."""
    for node in ast.walk(ast.parse(text(name))):
        if isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            with_default = positional[len(positional) - len(node.defaults) :]
            keyword_only = zip(node.kwonlyargs, node.kw_defaults, strict=True)
            for argument, default in [*zip(with_default, node.defaults, strict=True), *keyword_only]:
                if default is not None:
                    yield argument.arg, default


def says_a_value(default: ast.expr) -> bool:
    """Whether a default says itself what the setting is. `None`, `Limits()` and `DEFAULTS.http2` do not."""
    match default:
        case ast.Constant(value=None) | ast.Name() | ast.Attribute() | ast.Call(args=[], keywords=[]):
            return False
        case _:
            return True


def public_callables() -> Iterator[tuple[str, Callable[..., object]]]:
    """The public functions, and what can be called on the public classes other than the settings' own."""
    for name in ff.__all__:
        value = getattr(ff, name)
        if not str(getattr(value, "__module__", "")).startswith(CONFIG_MODULES):
            parts = vars(value) if isinstance(value, type) else {"": value}
            yield from ((f"{name}.{part}", each) for part, each in parts.items() if callable(each))


def numbers(function: Callable[..., object]) -> list[str]:
    """The parameters whose default is a number that somebody must have chosen: not 0, not 1."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # A native method that shows no signature.
        return []
    return [str(each) for each in parameters if type(each.default) in (int, float) and each.default > 1]


def test_no_signature_repeats_the_default_of_a_setting() -> None:
    names = settings()
    assert names
    repeated = [
        f"{file}: {parameter}={ast.unparse(default)}"
        for file in sources("python/fastfetch", ".py")
        for parameter, default in defaults(file)
        if not file.startswith(f"{CONFIG}/") and parameter in names and says_a_value(default)
    ]
    assert repeated == []


def test_no_public_signature_sets_a_number() -> None:
    assert {name: found for name, function in public_callables() if (found := numbers(function))} == {}


def test_the_engine_is_told_every_number() -> None:
    # The length of an array is part of its type.
    assert re.findall(r"(?<!\w)(?<!; )\d[\d_.]*", rust("src/engine/config.rs")) == []
