"""All faults, in the order of the docs."""

from tests.faults import certificates, framing
from tests.faults.fault import Fault

FAULTS: list[Fault] = [*framing.FAULTS, *certificates.FAULTS]
