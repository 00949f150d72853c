"""Notebook cells with top-level `await`, in a real ipykernel: the tutorial's examples, and interrupts."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.kernels import Cell, Kernel, running
from tests.servers.messages import Answer, Request
from tests.servers.routes import RouteServer
from tests.servers.tls import Authority


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with running(Kernel, tmp_path_factory.mktemp("jupyter")) as kernel:
        assert (
            kernel.run("import asyncio, time\nimport fastfetch\nfrom fastfetch import TLS, Client") == Cell()
        )
        yield kernel


THREE_IN_ORDER = """\
Response from api.com/users
Response from api.com/posts
Response from api.com/data
Done in 0.2s
"""

SLEEPS = pytest.mark.parametrize("sleep", ["asyncio.sleep", "fastfetch.sleep"])


@SLEEPS
def test_async_def_and_await(kernel: Kernel, sleep: str) -> None:
    cell = kernel.run(f"""
async def greet(name, delay):
    await {sleep}(delay)
    print(f"Hello, {{name}}!")

await greet("Alice", 0.1)
await greet("Bob", 0.2)
""")
    assert cell == Cell(printed="Hello, Alice!\nHello, Bob!\n")


@SLEEPS
def test_gather(kernel: Kernel, sleep: str) -> None:
    cell = kernel.run(f"""
async def fetch(url, delay):
    await {sleep}(delay)
    return f"Response from {{url}}"

start = time.perf_counter()
for response in await asyncio.gather(
    fetch("api.com/users", 0.2), fetch("api.com/posts", 0.1), fetch("api.com/data", 0.2)
):
    print(response)
print(f"Done in {{time.perf_counter() - start:.1f}}s")
""")
    assert cell == Cell(printed=THREE_IN_ORDER)


def test_gather_for_real(kernel: Kernel, route_server: RouteServer) -> None:
    async def answer(request: Request) -> Answer:
        await asyncio.sleep(0.1 if request.path == "/posts" else 0.2)
        return Answer.text(f"Response from {request.headers['host']}{request.path}")

    for path in ("/users", "/posts", "/data"):
        route_server.routes[path] = answer
    cell = kernel.run(f"""
client = Client(resolve={{"api.com": "127.0.0.1:{route_server.port}"}})
start = time.perf_counter()
for response in await client.gather(["http://api.com/users", "http://api.com/posts", "http://api.com/data"]):
    print(response.text)
print(f"Done in {{time.perf_counter() - start:.1f}}s")
""")
    assert cell == Cell(printed=THREE_IN_ORDER)


@SLEEPS
def test_create_task(kernel: Kernel, sleep: str) -> None:
    cell = kernel.run(f"""
async def worker():
    while True:
        print("Background: heartbeat")
        await {sleep}(5)

task = asyncio.create_task(worker())
await {sleep}(0)
print("Main: doing work")
task.cancel()
""")
    assert cell == Cell(printed="Background: heartbeat\nMain: doing work\n", value="True")
    assert kernel.run("task.cancelled(), len(asyncio.all_tasks())").value.startswith("(True, ")


def test_real_async_http(kernel: Kernel, authority: Authority) -> None:
    with RouteServer(tls=authority.context("api.github.com")) as github:
        github.routes["/users/"] = lambda request: Answer.json({"login": request.rest})
        cell = kernel.run(f"""
urls = ["https://api.github.com/users/python", "https://api.github.com/users/torvalds"]
client = Client(resolve={{"api.github.com": "127.0.0.1:{github.port}"}}, tls=TLS(ca={authority.ca_pem!r}))
for r in await client.gather(urls):
    print(r.json()["login"])
""")
    assert cell == Cell(printed="python\ntorvalds\n")


def test_the_same_cell_again_and_again(kernel: Kernel, route_server: RouteServer) -> None:
    code = f"(await fastfetch.gather(['{route_server.url}/json/a'] * 20)).counts"
    for _ in range(3):
        assert kernel.run(code) == Cell(value="{200: 20}")


def test_interrupt_keeps_what_is_done(kernel: Kernel, route_server: RouteServer) -> None:
    # Five at a time, so all ten before the gate are done once five stand at it.
    urls = [f"{route_server.url}/json/{n}" for n in range(10)] + [f"{route_server.url}/gate/five"] * 5
    kernel.run(f"batch = fastfetch.Batch({urls!r}, concurrency=5, progress=False)")
    name = kernel.start("results = await batch")
    route_server.ledger.wait_requests(15)
    start = time.perf_counter()
    kernel.interrupt()
    cell = kernel.finish(name)
    assert time.perf_counter() - start < 0.5
    assert cell in (Cell(error="CancelledError"), Cell(error="KeyboardInterrupt"))

    start = time.perf_counter()
    cell = kernel.run("print(*(r.json()['name'] for r in batch.results))\nbatch.progress.in_flight")
    assert time.perf_counter() - start < 0.5
    assert cell == Cell(printed="0 1 2 3 4 5 6 7 8 9\n", value="0")

    route_server.open_gate("five")
    assert kernel.run("(await batch).counts") == Cell(value="{200: 15}")
    assert len(route_server.ledger.requests) == 20


def test_interrupt_of_a_plain_gather(kernel: Kernel, route_server: RouteServer) -> None:
    url = f"{route_server.url}/gate/shut"
    name = kernel.start(f"await fastfetch.gather(['{url}'] * 50, per_host=50, progress=False)")
    route_server.ledger.wait_requests(50)
    start = time.perf_counter()
    kernel.interrupt()
    cell = kernel.finish(name)
    assert time.perf_counter() - start < 0.5
    assert cell in (Cell(error="CancelledError"), Cell(error="KeyboardInterrupt"))
    assert kernel.run(f"(await fastfetch.get('{route_server.url}/json/on')).json()['name']") == Cell(
        value="'on'"
    )


class TestWaiting:
    """`fastfetch.sync` in cells, under the kernel's running loop."""

    @pytest.fixture(autouse=True)
    def imported(self, kernel: Kernel) -> None:
        assert kernel.run("from fastfetch import sync") == Cell()

    def test_every_way(self, kernel: Kernel, route_server: RouteServer) -> None:
        cell = kernel.run(f"""
url = "{route_server.url}/json/a"
print(sync.get(url).json(), sync.gather([url] * 5).counts)
print([response.ok for response in sync.as_completed([url] * 3)])
with sync.stream("GET", url) as response:
    print(list(response.iter_lines()))
with sync.Client() as client:
    print(client.get(url).status_code)
""")
        said = "{'name': 'a'} {200: 5}\n[True, True, True]\n['{\"name\": \"a\"}']\n200\n"
        assert cell == Cell(printed=said)

    def test_in_a_cell_that_also_awaits(self, kernel: Kernel, route_server: RouteServer) -> None:
        url = f"{route_server.url}/json/a"
        cell = kernel.run(
            f"(await fastfetch.get('{url}')).ok, sync.get('{url}').ok, await fastfetch.sleep(0, 1)"
        )
        assert cell == Cell(value="(True, True, 1)")

    def test_interrupt_keeps_what_is_done(self, kernel: Kernel, route_server: RouteServer) -> None:
        urls = [f"{route_server.url}/json/{n}" for n in range(10)] + [f"{route_server.url}/gate/five"] * 5
        kernel.run(f"batch = sync.Batch({urls!r}, concurrency=5)")
        name = kernel.start("results = batch.run()")
        route_server.ledger.wait_requests(15)
        start = time.perf_counter()
        kernel.interrupt()
        cell = kernel.finish(name)
        assert time.perf_counter() - start < 0.5
        assert cell == Cell(error="KeyboardInterrupt")
        # Ten came over connections that now serve the gate, and all of these are let go.
        route_server.ledger.wait_none_open()
        cell = kernel.run("print(*(r.json()['name'] for r in batch.results))\nbatch.progress.in_flight")
        assert cell == Cell(printed="0 1 2 3 4 5 6 7 8 9\n", value="0")
        route_server.open_gate("five")
        assert kernel.run("batch.run().counts") == Cell(value="{200: 15}")
        assert len(route_server.ledger.requests) == 20

    @pytest.mark.parametrize(
        "code",
        [
            "sync.gather([url] * 20, per_host=20)",
            "for response in sync.as_completed([url] * 20, per_host=20): pass",
            "with sync.stream('GET', url) as response: pass",
            "sync.gather([url] * 20, per_host=20, on_response=lambda response: None)",
            "sync.get(url)",
        ],
    )
    def test_interrupt(self, kernel: Kernel, route_server: RouteServer, code: str) -> None:
        name = kernel.start(f"url = '{route_server.url}/gate/shut'\n{code}")
        route_server.ledger.wait_requests(20 if "20" in code else 1)
        start = time.perf_counter()
        kernel.interrupt()
        cell = kernel.finish(name)
        assert time.perf_counter() - start < 0.5
        assert cell == Cell(error="KeyboardInterrupt")
        route_server.ledger.wait_none_open()
        assert kernel.run(f"sync.get('{route_server.url}/json/on').json()['name']") == Cell(value="'on'")
