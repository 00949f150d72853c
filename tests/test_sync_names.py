"""The names of `fastfetch.sync`: all are there, and `?` says of each what it does, by waiting."""

import doctest
import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import fastfetch
import pytest
from fastfetch import sync

pytestmark = pytest.mark.compat


def waiting_names() -> list[str]:
    """The public names that are not the same objects in both faces."""
    return [name for name in sync.__all__ if getattr(sync, name) is not getattr(fastfetch, name)]


def documented() -> Iterator[tuple[str, Any]]:
    """Each function that waits, and each public method of a class that waits."""
    for name in waiting_names():
        thing = getattr(sync, name)
        if name.startswith("__"):
            continue
        yield name, thing
        for method, member in vars(thing).items() if inspect.isclass(thing) else ():
            if not method.startswith("_") and callable(member):
                yield f"{name}.{method}", member


class TestNames:
    def test_every_name_of_the_async_face_is_there(self) -> None:
        assert set(sync.__all__) >= set(fastfetch.__all__)
        assert len(sync.__all__) == len(set(sync.__all__))

    def test_what_does_not_wait_is_the_same(self) -> None:
        waits = {"Client", "Batch", "Completed", "Results", "Stream", "StreamedResponse"}
        functions = {"gather", "as_completed", "sleep", "stream", "build_request", "request", "send"}
        verbs = {"get", "head", "options", "post", "put", "patch", "delete"}
        assert set(waiting_names()) - {"__version__"} == waits | functions | verbs

    def test_nothing_is_a_coroutine_function(self) -> None:
        assert [name for name, thing in documented() if inspect.iscoroutinefunction(thing)] == []

    def test_a_method_for_every_public_one(self) -> None:
        renamed = {"aclose": "close", "aread": "read"}
        for name in ("Client", "Batch", "Completed", "Results", "Stream", "StreamedResponse"):
            for method in (each for each in dir(getattr(fastfetch, name)) if not each.startswith("_")):
                plain = renamed.get(method, method.replace("aiter_", "iter_"))
                assert hasattr(getattr(sync, name), plain), f"{name}.{plain}"

    def test_importing_it_imports_no_asyncio(self) -> None:
        code = "import sys; from fastfetch import sync; sync.sleep(0.001); print('asyncio' in sys.modules)"
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert said.stdout == "False\n"

    def test_it_is_imported_when_it_is_asked_for(self) -> None:
        code = """
import sys, fastfetch
early = "fastfetch.sync" in sys.modules
fastfetch.sync.sleep(0)
print(early, fastfetch.sync is sys.modules["fastfetch.sync"], hasattr(fastfetch, "nothing"))
"""
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert said.stdout == "False True False\n"


class TestDocumentation:
    @pytest.mark.parametrize(("name", "thing"), list(documented()), ids=lambda each: str(each)[:40])
    def test_it_speaks_of_waiting(self, name: str, thing: Any) -> None:
        text = inspect.getdoc(thing) or ""
        assert len(text) > 20, name
        for word in ("async", "await", "event loop", "aclose", "aiter_", "aread"):
            assert word not in text, f"{name}: {word}"
        if not inspect.isclass(thing):
            signature = str(inspect.signature(thing))
            assert "Async" not in signature
            assert "Coroutine" not in signature
            assert thing.__name__ == name.rpartition(".")[2]

    @pytest.mark.parametrize(
        ("name", "text"),
        [(name, inspect.getdoc(thing)) for name, thing in documented() if ">>>" in (thing.__doc__ or "")],
    )
    def test_examples_run(self, name: str, text: str) -> None:
        example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
        told: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append)
        assert not told, "".join(told)

    def test_signatures(self) -> None:
        shown = {name: str(inspect.signature(thing)) for name, thing in documented() if "." in name}
        assert shown["Client.get"] == "(self, url: 'str', **options: 'Unpack[RequestOptions]') -> 'Response'"
        lines = "(self) -> 'Generator[str, None, None]'"
        assert shown["StreamedResponse.iter_lines"] == lines
