"""What servers saw of a request's credentials, hop by hop."""

import base64
from collections.abc import Callable

from tests.servers.messages import Answer
from tests.servers.routes import RouteServer


def basic(user: str, password: str) -> str:
    """What Basic authentication sends (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def with_user(url: str, user: str) -> str:
    """The URL with a user name, and perhaps a password, in it."""
    return url.replace("://", f"://{user}@") if user else url


def sent(server: RouteServer) -> list[str | None]:
    """The `Authorization` of each request that has come."""
    return [request.headers.get("authorization") for request in server.ledger.requests]


class Chain:
    """Redirects between two servers, of two origins."""

    def __init__(self, here: RouteServer, there: RouteServer) -> None:
        self._servers = {"h": here, "t": there}

    def __call__(self, hops: str, fetching: Callable[[str], object]) -> list[dict[str, str]]:
        """The header fields that each hop got: `h` is here, `t` is there."""
        urls = [f"{self._servers[hop].url}/{n}" for n, hop in enumerate(hops)]
        for n, (hop, following) in enumerate(zip(hops, [*urls[1:], ""], strict=True)):
            route = Answer.redirect(following, 307) if following else Answer.text("end")
            self._servers[hop].routes[f"/{n}"] = route
        fetching(urls[0])
        seen = {r.path: r.headers for server in self._servers.values() for r in server.ledger.requests}
        return [seen[f"/{n}"] for n in range(len(hops))]
