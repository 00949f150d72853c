"""JSON bodies from a server of their own, and what a table of them holds."""

import asyncio
from collections.abc import Callable
from typing import Any

import fastfetch
import pyarrow as pa
from fastfetch import Results, Table

from tests.servers.messages import Answer
from tests.servers.routes import RouteServer

Get = Callable[..., Results]


class Bodies:
    """A server of whatever bodies a test has."""

    def __init__(self, server: RouteServer) -> None:
        self.server = server
        self.answers: list[Answer] = []
        server.routes["/body/"] = lambda request: self.answers[int(request.rest)]

    def __call__(self, *bodies: Any) -> Results:
        """The results of these bodies: bytes and text as they are, other values in JSON."""
        self.answers = [self.answer(body) for body in bodies]
        urls = [f"{self.server.url}/body/{place}" for place in range(len(bodies))]
        return asyncio.run(fastfetch.gather(urls, per_host=4))

    @staticmethod
    def answer(body: Any) -> Answer:
        match body:
            case Answer():
                return body
            case bytes():
                return Answer(body)
            case str():
                return Answer(body.encode())
            case _:
                return Answer.json(body)


def read(table: Table) -> pa.Table:
    found = pa.table(table)
    found.validate(full=True)
    return found


def columns(table: Table) -> dict[str, list[Any]]:
    """The columns of the JSON, and what they hold."""
    found = read(table)
    assert [str(kind) for kind in found.schema.types[:2]] == ["int64", "string"]
    return {name: found[name].to_pylist() for name in found.column_names if name not in ("_index", "_error")}


def kinds(table: Table) -> dict[str, str]:
    return {each.name: str(each.type) for each in read(table).schema if each.name not in ("_index", "_error")}


def errors(table: Table) -> list[str | None]:
    found: list[str | None] = read(table)["_error"].to_pylist()
    return found
