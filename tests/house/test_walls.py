"""Which room of the house may know of what."""

import ast
import re
import tomllib

import pytest

from tests.house.repository import files, naming, rust, sources, text

BRIDGE = "src/binding/bridge.rs"
TRANSPORT = "src/engine/transport"
EVENT_LOOPS = r"call_soon|add_reader|remove_reader|get_running_loop|create_future"

RUST_ITEM = re.compile(
    r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:(?:async|unsafe|const|extern(?:[ \t]+\"[^\"]*\")?)[ \t]+)*"
    r"(?:(?:fn|struct|enum|union|trait|static|type|const)[ \t]+\w|impl\b|macro_rules!)",
    re.MULTILINE,
)
MODULE_INIT = re.compile(r"#\[pymodule_init\]\s*$")
"""What stands before the one function that pyo3 wants inside the module's own block."""


def test_the_engine_knows_no_python() -> None:
    assert naming(r"pyo3|jiter|\bPy\w|crate::binding", "src/engine") == set()


def test_only_the_binding_and_the_table_of_contents_name_pyo3() -> None:
    assert {name for name in naming(r"\bpyo3\b") if not name.startswith("src/binding/")} <= {"src/lib.rs"}


def test_only_the_transport_names_hyper() -> None:
    outside = [name for name in naming(r"\b(?:reqwest|hyper|hyper_util)\b") if not name.startswith(TRANSPORT)]
    assert outside == []


def test_only_the_bridge_names_event_loops() -> None:
    assert naming(EVENT_LOOPS) <= {BRIDGE}


def length(name: str) -> int:
    """The lines of a file, without the examples of public names: those are read in `help()`, one by one."""
    count, in_examples = 0, False
    for line in text(name).splitlines():
        line = line.strip()
        if line in ("Examples", "/// Examples"):
            in_examples = True
            count -= 1  # for the blank line before
        elif line.endswith('"""') or (name.endswith(".rs") and not line.startswith("///")):
            in_examples = False
        count += not in_examples
    return count


def test_a_file_is_one_sitting_long() -> None:
    written = [name for name in files() if name.endswith((".rs", ".py"))]
    assert [name for name in written if length(name) > 400] == []


def test_rust_tables_of_contents_define_nothing() -> None:
    def defines(name: str) -> list[str]:
        code = rust(name)
        items = (item for item in RUST_ITEM.finditer(code) if not MODULE_INIT.search(code[: item.start()]))
        return [item[0] for item in items]

    tables = ["src/lib.rs", *sources("src", "/mod.rs")]
    assert {name: defined for name in tables if (defined := defines(name))} == {}


def test_python_tables_of_contents_define_nothing() -> None:
    def only_names(statement: ast.stmt) -> bool:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                return True
            case ast.Assign(targets=[ast.Name(id="__all__" | "__version__")]):
                return True
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
                return all(map(only_names, [*body, *orelse]))
            case _:
                return False

    tables = [name for name in files() if name.endswith("__init__.py")]
    defined = [node for name in tables for node in ast.parse(text(name)).body if not only_names(node)]
    assert [ast.unparse(node) for node in defined] == []


def test_python_is_a_feature_that_can_be_left_out() -> None:
    manifest = tomllib.loads(text("Cargo.toml"))
    assert "python" in manifest["features"]["default"]
    for crate in (name for name in manifest["dependencies"] if name.startswith("pyo3")):
        assert manifest["dependencies"][crate]["optional"] is True
        assert f"dep:{crate}" in manifest["features"]["python"]


@pytest.mark.parametrize(
    "lint", ["unwrap_used", "expect_used", "panic", "indexing_slicing", "undocumented_unsafe_blocks"]
)
def test_clippy_denies_what_could_end_the_process(lint: str) -> None:
    assert tomllib.loads(text("Cargo.toml"))["lints"]["clippy"][lint] in ("deny", "forbid")
