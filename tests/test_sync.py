"""`fastfetch.sync`: what is its own. What it shares with the async face is tested by the tests of both."""

import asyncio
import gc
import os
import pickle
import signal
import threading
import warnings
from asyncio import StreamWriter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fastfetch
import pytest
from fastfetch import sync

from tests.conftest import RawServerFactory
from tests.loops import LoopFactory, run
from tests.servers.bodies import BodyServer
from tests.servers.pieces import CHUNKED, END, chunk, head
from tests.servers.raw import RequestReader
from tests.servers.routes import RouteServer

pytestmark = pytest.mark.compat


class TestBatch:
    def test_run_again_fetches_nothing_again(self, route_server: RouteServer) -> None:
        batch = sync.Batch([f"{route_server.url}/json/{n}" for n in range(5)])
        assert (len(batch), len(batch.results), batch.progress.done) == (5, 0, 0)
        assert batch.run().counts == batch.run().counts == {200: 5}
        assert (len(batch.results), batch.progress.ok) == (5, 5)
        assert len(route_server.ledger.requests) == 5

    def test_it_is_not_awaited(self) -> None:
        async def main() -> None:
            await sync.Batch([])

        with pytest.raises(TypeError, match=r"batch\.run\(\)"):
            asyncio.run(main())

    @pytest.mark.parametrize("how", ["batch", "completed"])
    def test_an_interrupt_in_a_callback_ends_the_wait(self, how: str, route_server: RouteServer) -> None:
        """It is meant for whoever waits, and is no failure of the item."""
        seen: list[str] = []

        def note(response: fastfetch.Response) -> None:
            seen.append(response.url)
            if len(seen) == 3:
                signal.raise_signal(signal.SIGINT)

        urls = [f"{route_server.url}/json/{n}" for n in range(10)]
        if how == "batch":
            batch = sync.Batch(urls, on_response=note, concurrency=1)
            with pytest.raises(KeyboardInterrupt):
                batch.run()
            assert (batch.results.counts, batch.progress.failed, len(seen)) == ({200: 2}, 0, 3)
            assert batch.run().counts == {200: 10}
            assert len(seen) == 11
        else:
            completed = sync.as_completed(urls, on_response=note, concurrency=1)
            responses: list[fastfetch.Response] = []
            with pytest.raises(KeyboardInterrupt):
                responses.extend(completed)
            # Here the others are still under way, and this one is told of once more.
            responses.extend(completed)
            assert len(responses) == len(seen) == 10
            assert [type(each.error) for each in responses if each.error] == [KeyboardInterrupt]

    def test_an_iterator_as_a_body_is_closed(self, heard: BodyServer) -> None:
        closed: list[int] = []

        def body() -> Iterator[bytes]:
            try:
                yield b"one"
                raise LookupError("mine")
            finally:
                closed.append(threading.get_ident())

        with pytest.raises(LookupError, match="mine"):
            sync.post(heard.url, content=body())
        assert closed == [threading.get_ident()]


class TestResults:
    def test_all_that_comes_of_one_waits(self, route_server: RouteServer) -> None:
        results = sync.gather([f"{route_server.url}/json/a", "nonsense"])
        for part in (results, results[:], results.ok, results.failed, sync.Batch([]).run()):
            assert type(part) is sync.Results
        assert type(pickle.loads(pickle.dumps(results))) is sync.Results

    def test_retry_failed(self, route_server: RouteServer) -> None:
        with sync.Client(headers={"x-client": "1"}) as client:
            results = client.gather(
                [f"{route_server.url}/gate/late", f"{route_server.url}/json/a"], timeout=0.2
            )
            assert results.counts == {"TotalTimeout": 1, 200: 1}
            route_server.open_gate("late")
            again = results.retry_failed(timeout=5)
        assert type(again) is sync.Results
        assert again.counts == {200: 2}
        assert [request.path for request in route_server.ledger.requests].count("/json/a") == 1
        assert route_server.ledger.requests[-1].headers["x-client"] == "1"
        assert pickle.loads(pickle.dumps(results)).retry_failed(timeout=5).counts == {200: 2}


class TestCompleted:
    def test_an_endless_source(self, route_server: RouteServer) -> None:
        taken: list[int] = []

        def endless() -> Iterator[str]:
            while True:
                taken.append(1)
                yield f"{route_server.url}/json/{len(taken)}"

        completed = sync.as_completed(endless(), window=5)
        assert next(completed).ok
        assert completed.progress.total is None
        assert len(taken) <= 6
        completed.close()
        assert list(completed) == []

    def test_dropping_it_stops_it(self, route_server: RouteServer) -> None:
        completed = sync.as_completed([f"{route_server.url}/json/a"] + [f"{route_server.url}/never"] * 5)
        assert next(completed).ok
        route_server.ledger.wait_requests(6)
        del completed
        route_server.ledger.wait_closed(5)

    def test_what_the_source_raises(self, route_server: RouteServer) -> None:
        def source() -> Iterator[str]:
            yield f"{route_server.url}/json/a"
            raise LookupError("mine")

        completed = sync.as_completed(source())
        assert next(completed).ok
        with pytest.raises(LookupError, match="mine"):
            next(completed)

    def test_callbacks_run_on_the_thread_that_waits(self, route_server: RouteServer) -> None:
        where: list[int] = []

        def note(response: Any) -> str:
            where.append(threading.get_ident())
            return "seen"

        urls = [f"{route_server.url}/json/{n}" for n in range(20)]
        values = [response.value for response in sync.as_completed(urls, on_response=note, window=3)]
        assert (values, set(where)) == (["seen"] * 20, {threading.get_ident()})

    def test_it_is_no_async_iterator(self) -> None:
        async def main() -> None:
            async for _ in sync.as_completed([]):
                pass

        with pytest.raises(TypeError, match="plain iterator"):
            asyncio.run(main())


class TestRefused:
    """What has to be awaited, and clients of the other face."""

    async def source(self) -> AsyncIterator[str]:
        yield "http://127.0.0.1:1/"

    @pytest.mark.parametrize("function", [sync.gather, sync.Batch, sync.as_completed])
    def test_async_iterables(self, function: Callable[[Any], object]) -> None:
        with pytest.raises(TypeError, match=r"urls: an async iterable .* fastfetch\.sync takes plain ones"):
            function(self.source())

    @pytest.mark.parametrize("looped", [False, True])
    def test_async_bodies(self, looped: bool, route_server: RouteServer, heard: BodyServer) -> None:
        async def main() -> None:
            sync.post(f"{route_server.url}/json/a", content=self.source())

        async def built() -> None:
            sync.send(fastfetch.Request("POST", heard.url, content=self.source()))

        for way in (main, built):
            with pytest.raises(TypeError, match=r"content: an async iterator .* fastfetch\.sync takes plain"):
                asyncio.run(way()) if looped else way().send(None)
        assert route_server.ledger.requests == []

    def test_async_callbacks(self, route_server: RouteServer) -> None:
        async def callback(told: Any) -> None:
            raise AssertionError("called")

        url = f"{route_server.url}/json/a"
        said = r"an async callback .* fastfetch\.sync takes plain ones"
        with pytest.raises(TypeError, match=said):
            sync.gather([url], on_response=callback)
        with pytest.raises(TypeError, match=said):
            sync.as_completed([url], on_response=callback)
        with pytest.raises(TypeError, match=said):
            sync.Client(auth=callback)
        with pytest.raises(TypeError, match=said), sync.Client(event_hooks={"request": callback}) as client:
            client.get(url)
        with pytest.raises(TypeError, match=said):
            sync.get(url, auth=callback)
        assert route_server.ledger.requests == []

    def test_clients_of_the_other_face(self) -> None:
        theirs: Any = fastfetch.Client()
        with pytest.raises(TypeError, match=r"client: expected a Client of fastfetch\.sync"):
            sync.Batch([], client=theirs)
        ours: Any = sync.Client()
        with pytest.raises(
            TypeError, match=r"client: expected a Client of fastfetch, got one of the other face"
        ):
            fastfetch.Batch([], client=ours)
        wrong: Any = 5
        with pytest.raises(TypeError, match="client: expected a Client of fastfetch, got int"):
            fastfetch.Batch([], client=wrong)


class TestAroundALoop:
    def test_under_a_running_loop(self, route_server: RouteServer, loop_factory: LoopFactory) -> None:
        target = f"{route_server.url}/json/a"

        async def main() -> None:
            assert sync.get(target).ok
            assert (await fastfetch.get(target)).ok
            assert sync.gather([target] * 3).counts == {200: 3}
            assert [response.ok for response in sync.as_completed([target] * 3)] == [True] * 3
            with sync.stream("GET", target) as response:
                assert list(response.iter_lines()) == ['{"name": "a"}']
            # What is awaited meanwhile is awaited as ever.
            task = asyncio.ensure_future(fastfetch.get(target))
            assert sync.get(target).ok
            assert (await task).ok

        run(main, loop_factory)

    def test_its_loop_learns_of_no_generator(self, route_server: RouteServer) -> None:
        """Those that an event loop knows of it closes by tasks of its own, or complains of."""

        async def main() -> None:
            loop: Any = asyncio.get_running_loop()
            with sync.stream("GET", f"{route_server.url}/json/a") as response:
                lines = response.iter_lines()
                assert next(lines) == '{"name": "a"}'
                del lines
                gc.collect()
            assert list(loop._asyncgens) == []
            assert len(asyncio.all_tasks()) == 1

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            asyncio.run(main(), debug=True)

    def test_a_source_may_run_a_loop_of_its_own(self, route_server: RouteServer) -> None:
        """There it is awaited, and not waited for: two requests are under way at once."""

        async def both() -> list[fastfetch.Response]:
            first = asyncio.ensure_future(fastfetch.get(f"{route_server.url}/gate/two"))
            await asyncio.to_thread(route_server.ledger.wait_requests, 1)
            second = await fastfetch.get(f"{route_server.url}/json/a")
            route_server.open_gate("two")
            return [second, await first]

        def source() -> Iterator[str]:
            yield from [response.url for response in asyncio.run(both())]

        assert sync.gather(source()).counts == {200: 2}

    def test_a_hook_may_run_a_loop_and_wait(self, route_server: RouteServer) -> None:
        url = f"{route_server.url}/json/token"

        def authorize(request: fastfetch.Request) -> fastfetch.Request:
            token = asyncio.run(fastfetch.get(url)).json()["name"] + sync.get(url).json()["name"]
            return request.with_header("authorization", token)

        assert sync.get(f"{route_server.url}/json/a", auth=authorize).ok
        assert route_server.ledger.requests[-1].headers["authorization"] == "tokentoken"

    def test_eager_tasks_of_a_hook_go_to_the_loop(self, route_server: RouteServer) -> None:
        """A callback is not ours: what it begins in the loop around is awaited there."""
        tasks: list[asyncio.Future[Any]] = []

        async def main() -> None:
            loop: Any = asyncio.get_running_loop()

            def hook(_: object) -> None:
                coroutine = fastfetch.get(f"{route_server.url}/json/inner")
                future = coroutine.send(None)
                assert asyncio.isfuture(future)
                coroutine.close()
                tasks.append(future)

            with sync.Client(event_hooks={"request": hook}) as client:
                assert client.get(f"{route_server.url}/json/a").ok
            assert loop is tasks[0].get_loop()

        asyncio.run(main())


class TestThreads:
    def test_eight_share_a_client(self, route_server: RouteServer) -> None:
        client = sync.Client()

        def work(thread: int) -> int:
            ok = [
                bool(client.get(f"{route_server.url}/json/{thread}").json()["name"] == str(thread))
                for _ in range(20)
            ]
            return sum(ok) + len(client.gather([f"{route_server.url}/json/a"] * 20).ok)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(8))) == [40] * 8
        assert len(route_server.ledger.requests) == 8 * 40

    def test_an_iterator_is_used_from_several(self, route_server: RouteServer) -> None:
        completed = sync.as_completed([f"{route_server.url}/json/{n}" for n in range(40)])
        with ThreadPoolExecutor(4) as pool:
            names = list(pool.map(lambda _: next(completed).json()["name"], range(40)))
        assert sorted(map(int, names)) == list(range(40))

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_in_a_forked_child(self, route_server: RouteServer) -> None:
        client, target = sync.Client(), f"{route_server.url}/json/a"
        assert client.get(target).ok
        child = os.fork()
        if not child:
            status = 1
            try:
                ok = client.get(target).ok and sync.gather([target] * 3).counts == {200: 3}
                ok = ok and [each.ok for each in sync.as_completed([target])] == [True]
                status = 0 if ok else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.get(target).ok


class TestStream:
    def test_the_message_names_the_way_to_read_it(self, route_server: RouteServer) -> None:
        with sync.stream("GET", f"{route_server.url}/json/a") as response:
            with pytest.raises(RuntimeError, match=r"`response\.read\(\)` first"):
                response.json()
            assert response.read() == response.content
            assert response.raise_for_status() is response
            assert response.json() == {"name": "a"}
        assert type(response) is sync.StreamedResponse

    def test_a_body_that_is_sent_while_the_answer_is_read(self, raw_server: RawServerFactory) -> None:
        """Its iterator is asked for more in the waits for the answer's pieces."""

        async def echo(reader: RequestReader, writer: StreamWriter) -> None:
            await reader.head()
            writer.write(head(CHUNKED))
            while piece := await reader.chunk():
                writer.write(chunk(piece))
            writer.write(END)

        sent: list[int] = []

        def pieces() -> Iterator[bytes]:
            for number in range(5):
                sent.append(threading.get_ident())
                yield b"%d" % number

        with sync.stream("POST", raw_server(echo).url, content=pieces()) as response:
            assert b"".join(response.iter_bytes()) == b"01234"
        assert sent == [threading.get_ident()] * 5

    def test_leaving_it_closes_the_connection(self, route_server: RouteServer) -> None:
        with sync.stream("GET", f"{route_server.url}/bytes/10000000") as response:
            assert len(next(response.iter_bytes(100))) == 100
        route_server.ledger.wait_none_open()

    def test_functions_and_methods_travel(self) -> None:
        for function in (sync.get, sync.gather, sync.sleep):
            assert pickle.loads(pickle.dumps(function)).__name__ == function.__name__
