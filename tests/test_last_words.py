"""Errors can be made where little is left to make them with (rule 32 of the lifecycle)."""

import re
import sys

import pytest

from tests.conftest import RawServerFactory
from tests.programs.running import say
from tests.servers.faulty import FAULTS, faulty
from tests.servers.routes import RouteServer
from tests.servers.tls import self_signed

if sys.platform == "win32":
    pytest.skip("Windows has no limit on open files", allow_module_level=True)

KINDS = {
    "CertificateError",
    "ConnectError",
    "DecodeError",
    "IncompleteBody",
    "InvalidURL",
    "LimitExceeded",
    "ProtocolError",
    "StatusError",
    "TooManyRedirects",
    "TotalTimeout",
}


@pytest.fixture
def urls(raw_server: RawServerFactory, route_server: RouteServer) -> list[str]:
    """Something wrong of every kind."""
    server = raw_server(faulty)
    insecure = raw_server(faulty, tls=self_signed("127.0.0.1"))
    return [*(server.url + path for path in FAULTS), insecure.url, f"{route_server.url}/status/404"]


@pytest.mark.parametrize("way", ["without_descriptors", "without_importers", "without_modules", "at_exit"])
def test_l32_errors_are_made_with_what_is_left(way: str, urls: list[str]) -> None:
    lines = say("last_words", way, *urls).splitlines()
    # How long it took, and which of two ends of a connection was seen first, differs from time to time.
    lines = [re.sub(r"\d+\.\d+ s\)|(connection lost|the server closed).*", "", line) for line in lines]
    usual, left = lines[: len(urls) + 1], lines[len(urls) + 1 :]
    assert {line.split()[0] for line in usual} == KINDS
    assert left[: len(usual)] == usual


def test_l32_the_first_error_may_be_made_while_the_interpreter_shuts_down(urls: list[str]) -> None:
    kinds = [line.split()[0] for line in say("last_words", "in_del", *urls).splitlines()]
    assert len(kinds) == len(urls) + 1
    assert set(kinds) == KINDS
