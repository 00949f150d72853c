"""Tests' own way to HTTP/2 servers over TLS, and what became of what they were asked."""

import asyncio
from collections import Counter

from fastfetch import TLS, Client, Limits, Request, Response, Timeout

from tests.conftest import Http2ServerFactory
from tests.servers.http2 import Handler, Http2Server, Settings
from tests.servers.messages import Answer
from tests.servers.tls import Authority

OK = Answer(b"ok")


class Start:
    """Starts HTTP/2 servers over TLS, and asks them."""

    def __init__(self, start: Http2ServerFactory, authority: Authority) -> None:
        self.start = start
        self.authority = authority
        self.tls = TLS(ca=authority.ca_pem)

    def __call__(
        self,
        answer: Handler | Answer,
        settings: Settings | None = None,
        *,
        acknowledges: bool = True,
    ) -> Http2Server:
        context = self.authority.context("127.0.0.1", alpn=("h2", "http/1.1"))
        return self.start(answer, tls=context, settings=settings, acknowledges=acknowledges)

    def gather(
        self, items: list[str] | list[Request], concurrency: int = 100, timeout: Timeout | None = None
    ) -> list[Response]:
        async def main() -> list[Response]:
            async with Client(
                tls=self.tls, limits=Limits(concurrency=concurrency), timeout=timeout or Timeout()
            ) as client:
                return list(await client.gather(items))

        return asyncio.run(main())


def kinds(results: list[Response]) -> Counter[int | str]:
    """Statuses and classes of errors, counted."""
    return Counter(
        response.status_code if response.error is None else type(response.error).__name__
        for response in results
    )
