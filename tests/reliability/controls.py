"""Nothing is wrong: what every client must get right, or it was not told what it has to know."""

from collections.abc import Callable

from fastfetch import TLS, DigestAuth

from tests.faults.answers import CLEAN, said
from tests.faults.fault import Delivered, Fault
from tests.faults.proxies import PASSWORD, USER, known, through
from tests.faults.stage import Stage
from tests.guarded import Guard
from tests.servers.certificates import CLIENT, Handshakes, issue, server
from tests.servers.connect_proxy import ForwardProxy
from tests.servers.messages import Answer, Request
from tests.servers.relay import Hosts
from tests.servers.socks import SocksServer

HERE, FAR = "127.0.0.1", "far.test"
HOSTS: Hosts = {FAR: HERE}
OURS = issue("ann", by=(VOUCHING := issue("clients", ca=True)), uses=[CLIENT])
ROOT = issue("test root", ca=True)


def login(request: Request) -> Answer:
    known = request.headers.get("authorization") == "Basic YWRhOmh1bnRlcjI="
    return Answer(b"welcome") if known else Answer(b"", 401, (("WWW-Authenticate", "Basic realm=x"),))


def plain(stage: Stage) -> str:
    return stage.raw(said(CLEAN)).url


def secure(stage: Stage, host: str = HERE) -> str:
    return f"https://{host}:{stage.raw(said(CLEAN), tls=stage.authority.context(host)).port}/"


def asks_for_a_certificate(stage: Stage) -> str:
    context = server(issue(HERE, by=ROOT, names=[HERE]), clients=VOUCHING)
    return f"https://{HERE}:{stage.enter_context(Handshakes(context)).port}/"


def proxied(proxy: Callable[[Stage], str], *, tls: bool) -> Callable[[Stage], str]:
    """The host is known to the proxy alone."""

    def perform(stage: Stage) -> str:
        through(stage, proxy(stage))
        port = stage.raw(said(CLEAN), tls=stage.authority.context(FAR) if tls else None).port
        return f"{'https' if tls else 'http'}://{FAR}:{port}/"

    return perform


def forward(stage: Stage) -> str:
    return known(stage.start(ForwardProxy(user=(USER, PASSWORD), hosts=HOSTS)).url)


def secure_proxy(stage: Stage) -> str:
    return known(stage.start(ForwardProxy(tls=stage.authority.context(HERE), hosts=HOSTS)).url)


def socks5(stage: Stage) -> str:
    return known(f"socks5h://{stage.start(SocksServer(user=(USER, PASSWORD), hosts=HOSTS)).address}")


def socks4(stage: Stage) -> str:
    return f"socks4a://{stage.start(SocksServer(hosts=HOSTS)).address}"


def row(id: str, what: str, perform: Callable[[Stage], str], **options: object) -> Fault:
    body = b"welcome" if "auth" in options else b"clean"
    return Fault(id, what, perform, Delivered(body), options=options)


CONTROLS = [
    row("A01", "HTTP/1.1", plain),
    row("A02", "HTTP/1.1, over TLS", secure),
    row("A03", "HTTP/2", lambda stage: stage.http2(Answer(b"clean")).url),
    row("A04", "a host that is told its address", lambda stage: secure(stage, FAR), resolve=HOSTS),
    Fault(
        "A05",
        "a server that asks for our certificate",
        asks_for_a_certificate,
        Delivered(b"ok"),
        options={"tls": TLS(ca=ROOT.pem, cert=OURS.pem + OURS.key_pem())},
    ),
    row(
        "A06",
        "a server that asks for a password (Basic)",
        lambda stage: stage.routes({"/": login}).url,
        auth=("ada", PASSWORD),
    ),
    row(
        "A07",
        "a server that asks for a password (Digest)",
        lambda stage: stage.routes({"/": Guard(password=PASSWORD)}).url,
        auth=DigestAuth("ada", PASSWORD),
    ),
    row("A08", "an HTTP proxy with a password", proxied(forward, tls=False)),
    row("A09", "TLS through an HTTP proxy with a password", proxied(forward, tls=True)),
    row("A10", "TLS through an HTTPS proxy", proxied(secure_proxy, tls=True)),
    row("A11", "a SOCKS5 proxy with a password", proxied(socks5, tls=False)),
    row("A12", "a SOCKS4 proxy", proxied(socks4, tls=False)),
]
