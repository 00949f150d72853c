"""pycurl: its multi interface under epoll, with as many handles as are in flight. No asyncio."""

import json
import select
from collections.abc import Iterator

import pycurl

from .harness import PAYLOAD, Job, Tally, measure_blocking

EVENTS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
WRONG = select.EPOLLERR | select.EPOLLHUP


class Transfers:
    """A multi handle that says which sockets to wait for, and for how long."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._epoll = select.epoll()
        self._known: set[int] = set()
        self._timeout = -1
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wait)
        self._multi.setopt(pycurl.M_MAXCONNECTS, job.in_flight)
        self._handles = [self._handle() for _ in range(job.in_flight)]
        self._bodies: dict[pycurl.Curl, list[bytes]] = {}
        self._counts: dict[pycurl.Curl, list[int]] = {}

    def _handle(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.ACCEPT_ENCODING, "")
        if self._job.tls:
            handle.setopt(pycurl.CAINFO, self._job.ca)
            handle.setopt(pycurl.PIPEWAIT, 1)
        if self._job.mode == "upload":
            handle.setopt(pycurl.POSTFIELDS, PAYLOAD)
            handle.setopt(pycurl.HTTPHEADER, ["Expect:"])
        return handle

    def _watch(self, event: int, descriptor: int, multi: pycurl.CurlMulti, data: object) -> None:
        if event == pycurl.POLL_REMOVE:
            if descriptor in self._known:
                self._known.discard(descriptor)
                self._epoll.unregister(descriptor)
        elif descriptor in self._known:
            self._epoll.modify(descriptor, EVENTS[event])
        else:
            self._known.add(descriptor)
            self._epoll.register(descriptor, EVENTS[event])

    def _wait(self, milliseconds: int) -> None:
        self._timeout = milliseconds

    def share(self, urls: Iterator[str]) -> Tally:
        tally = Tally()
        active = sum(self._start(handle, urls) for handle in self._handles)
        while active:
            events = self._epoll.poll(None if self._timeout < 0 else self._timeout / 1e3)
            for descriptor, event in events:
                ready = pycurl.CSELECT_IN if event & (select.EPOLLIN | WRONG) else 0
                ready |= pycurl.CSELECT_OUT if event & select.EPOLLOUT else 0
                self._multi.socket_action(descriptor, ready)
            if not events or self._timeout == 0:
                self._timeout = -1
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            more = 1
            while more:
                more, done, failed = self._multi.info_read()
                for handle in done:
                    tally.add(handle.getinfo(pycurl.RESPONSE_CODE), self._size(handle))
                for handle in (*done, *(each[0] for each in failed)):
                    self._multi.remove_handle(handle)
                    active -= not self._start(handle, urls)
        return tally

    def _start(self, handle: pycurl.Curl, urls: Iterator[str]) -> bool:
        url = next(urls, None)
        if url is None:
            return False
        handle.setopt(pycurl.URL, url)
        if self._job.mode == "stream":
            sizes: list[int] = []
            self._counts[handle] = sizes
            handle.setopt(pycurl.WRITEFUNCTION, lambda chunk: sizes.append(len(chunk)))
        else:
            body: list[bytes] = []
            self._bodies[handle] = body
            handle.setopt(pycurl.WRITEFUNCTION, body.append)
        self._multi.add_handle(handle)
        return True

    def _size(self, handle: pycurl.Curl) -> int:
        if self._job.mode == "stream":
            return sum(self._counts.pop(handle))
        body = b"".join(self._bodies.pop(handle))
        return len(json.loads(body)) if self._job.mode == "decode" else len(body)


job = Job.from_arguments()
measure_blocking(job, Transfers(job).share)
