"""Every workload and, in the order of its rounds, every program that takes part."""

from collections.abc import Iterable
from dataclasses import replace

from .contenders import (
    AIOHTTP,
    AIOHTTP_UVLOOP,
    HTTPX2,
    IN_FLIGHT,
    NIQUESTS,
    PEERS,
    PYCURL,
    PYREQWEST,
    REQUESTS,
    WREQ,
    Contender,
    Peer,
    Workload,
    command,
    taking_part,
)
from .servers import BODIES, RECORDS, SMALL_BYTES, encoded_json
from .workloads.harness import BATCH_SECONDS, PAYLOAD, STREAMED_BYTES
from .workloads.many_hosts import HOSTS

FLOORS = ("floor-hyper", "floor-reqwest")
BOTH = {"fastfetch": "read", "fastfetch.gather": "gather"}
CALLED = (PYCURL, REQUESTS)
"""Not awaited."""
LABOURING = (HTTPX2, NIQUESTS, *CALLED)
"""Not made for thousands in flight, or with a thread for each."""
SMALL = f"small JSON ({SMALL_BYTES} bytes)"
HELD = {"100KB": 4_000, "1MB": 500, "10MB": 60}
"""How many bodies of each size."""
BODIES_IN_FLIGHT = {"100KB": 64, "1MB": 16, "10MB": 8}
BATCHES = (3_000, 6_000, 9_000)
ANSWERED_AFTER = 2_300
AT_ONCE = 10_000
AT_ONCE_AFTER = 200
KEPT = 100_000
WREQ_ONE_THREAD = replace(WREQ, name="wreq, one runtime thread", way="-one-thread")


def small(in_flight: int, count: int, *, slower: float = 1) -> Workload:
    return Workload(
        name=f"small-{in_flight}",
        title=f"{SMALL}, {in_flight} in flight",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="floor-reqwest",
        contenders=taking_part("read", count, fastfetch=BOTH, floors=FLOORS, slower=slower),
        in_flight=in_flight,
        warm_up=max(300, in_flight),
    )


def encoded(name: str) -> Workload:
    return Workload(
        name=name,
        title=f"50 KB of JSON, sent as {name} and read as bytes, {IN_FLIGHT} in flight",
        path=f"/{name}.json",
        size=len(encoded_json()),
        baseline="aiohttp",
        contenders=taking_part("read", 6_000, fastfetch=BOTH, slower=3),
    )


def bodies(name: str) -> Workload:
    count, in_flight = HELD[name], BODIES_IN_FLIGHT[name]
    kinds = {"fastfetch": "read", "fastfetch.gather, all held": "gather"}
    slower = max(2, BODIES[name] / 125_000)
    return Workload(
        name=name,
        title=f"Bodies of {BODIES[name] / 1e6:g} MB, {in_flight} in flight",
        path=f"/{name}",
        size=BODIES[name],
        baseline="floor-reqwest",
        contenders=taking_part("read", count, fastfetch=kinds, floors=("floor-reqwest",), slower=slower),
        in_flight=in_flight,
        warm_up=in_flight,
        bytes_matter=True,
    )


def secured(name: str, what: str, count: int, *, without: Iterable[Peer] = (), slower: float = 1) -> Workload:
    return Workload(
        name=name,
        title=f"{what}: {SMALL}, {IN_FLIGHT} in flight",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="wreq",
        contenders=taking_part("read", count, fastfetch=BOTH, without=without, slower=slower),
        server=name,
        warm_up=2 * IN_FLIGHT,
    )


def batch(count: int) -> Workload:
    gathered = {"fastfetch.gather": "gather-deadline"}
    return Workload(
        name=f"deadline-{count}",
        title=f"{count:,} URLs that answer after {ANSWERED_AFTER / 1e3} s, {BATCH_SECONDS} s for the batch",
        path=f"/wait/{ANSWERED_AFTER}",
        size=2,
        baseline="aiohttp",
        contenders=taking_part("deadline", count, fastfetch=gathered, without=LABOURING, exactly=True),
        server="floor",
        in_flight=count,
        warm_up=0,
        partial=True,
    )


def sleeping(name: str, module: str, packages: tuple[str, ...] = ()) -> Contender:
    return Contender(name, command("sleeps", module), KEPT, packages)


WORKLOADS = (
    Workload(
        name="gather",
        title=f"A list of URLs at once: {SMALL}, {IN_FLIGHT} in flight",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="floor-reqwest",
        contenders=taking_part(
            "gather",
            60_000,
            fastfetch={
                "fastfetch": "gather",
                "fastfetch, every body read": "gather-read",
                "fastfetch on uvloop": "gather@uvloop",
            },
            floors=FLOORS,
        ),
    ),
    Workload(
        name="await",
        title=f"Single awaits: {SMALL}, {IN_FLIGHT} tasks",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="floor-reqwest",
        contenders=taking_part(
            "read",
            60_000,
            fastfetch={"fastfetch": "read", "fastfetch on uvloop": "read@uvloop"},
            floors=("floor-reqwest",),
            peers=(WREQ, WREQ_ONE_THREAD, *PEERS[1:]),
            without=CALLED,
        ),
    ),
    small(1, 4_000, slower=3),
    small(16, 40_000),
    small(512, 60_000),
    Workload(
        name="decode",
        title=f"Single awaits: JSON of {RECORDS} records (12 KB), decoded, {IN_FLIGHT} tasks",
        path="/records.json",
        size=RECORDS,
        baseline="aiohttp",
        contenders=taking_part("decode", 6_000, fastfetch={"fastfetch": "decode"}, slower=2),
    ),
    encoded("gzip"),
    encoded("br"),
    *map(bodies, BODIES),
    Workload(
        name="upload",
        title=f"Bodies of {len(PAYLOAD) / 1e6:g} MB sent, {BODIES_IN_FLIGHT['1MB']} in flight",
        path="/sink",
        size=2,
        baseline="aiohttp",
        contenders=taking_part("upload", 500, fastfetch={"fastfetch": "upload"}, exactly=True),
        server="floor",
        in_flight=BODIES_IN_FLIGHT["1MB"],
        warm_up=BODIES_IN_FLIGHT["1MB"],
    ),
    secured("tls", "TLS, connections kept", 30_000),
    secured("tls-cold", "TLS, a whole handshake for each", 1_000, slower=10),
    secured("tls-resumed", "TLS, a connection for each, sessions may be resumed", 1_000, slower=10),
    secured("http2", "HTTP/2", 20_000, without=(AIOHTTP, AIOHTTP_UVLOOP, REQUESTS)),
    Workload(
        name="hosts",
        title=f"{HOSTS:,} hosts, one request to each, none of them known before",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="aiohttp",
        contenders=taking_part(
            "hosts",
            HOSTS,
            fastfetch={"fastfetch": "hosts", "fastfetch.gather": "gather-hosts"},
            exactly=True,
        ),
        warm_up=0,
    ),
    Workload(
        name="slow-answers",
        title=f"{AT_ONCE:,} answers that take {AT_ONCE_AFTER} ms, all at once, connections kept",
        path=f"/wait/{AT_ONCE_AFTER}",
        size=2,
        baseline="aiohttp",
        contenders=taking_part("read", AT_ONCE, fastfetch=BOTH, without=LABOURING, exactly=True),
        server="floor",
        in_flight=AT_ONCE,
        warm_up=0,
        rounds=2,
    ),
    Workload(
        name="sleep",
        title="sleep(1.0), all at once under asyncio.gather",
        path=None,
        size=1,
        baseline="asyncio.sleep",
        contenders=(
            sleeping("asyncio.sleep", "asyncio"),
            sleeping("fastfetch.sleep", "fastfetch", ("fastfetch",)),
        ),
    ),
    Workload(
        name="hold",
        title="Small responses held, with their headers",
        path="/small.json",
        size=SMALL_BYTES,
        baseline="aiohttp",
        contenders=taking_part(
            "hold",
            KEPT,
            fastfetch={"fastfetch": "gather"},
            peers=(WREQ, PYREQWEST, AIOHTTP),
            exactly=True,
        ),
        rounds=1,
    ),
    Workload(
        name="stream-1GB",
        title="One body of 1 GB, read in pieces and dropped",
        path="/1GB",
        size=STREAMED_BYTES,
        baseline="aiohttp",
        contenders=taking_part("stream", 1, fastfetch={"fastfetch": "stream"}, exactly=True),
        in_flight=1,
        warm_up=0,
        rounds=2,
        bytes_matter=True,
    ),
    *map(batch, BATCHES),
)
LAG = ("gather", "await", "decode", "1MB", "slow-answers")
"""Where one more round tells how late the loop is."""
