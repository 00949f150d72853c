"""All faults, in the order of the docs."""

from tests.faults import certificates, framing, http2, proxies
from tests.faults.fault import Fault

FAULTS: list[Fault] = [*framing.FAULTS, *proxies.FAULTS, *certificates.FAULTS, *http2.FAULTS]
