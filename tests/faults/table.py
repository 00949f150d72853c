"""All faults, in the order of the docs."""

from tests.faults import (
    certificates,
    challenges,
    coding,
    connections,
    cookies,
    framing,
    heads,
    http2,
    interims,
    proxies,
    redirects,
)
from tests.faults.fault import Fault

FAULTS: list[Fault] = [
    *framing.FAULTS,
    *heads.FAULTS,
    *interims.FAULTS,
    *coding.FAULTS,
    *redirects.FAULTS,
    *cookies.FAULTS,
    *challenges.FAULTS,
    *sorted([*connections.FAULTS, *proxies.FAULTS], key=lambda fault: fault.id),
    *certificates.FAULTS,
    *http2.FAULTS,
]
