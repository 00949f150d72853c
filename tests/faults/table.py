"""All faults, in the order of the docs."""

from tests.faults import challenges, coding, cookies, framing, heads, interims, redirects
from tests.faults.fault import Fault

FAULTS: list[Fault] = [
    *framing.FAULTS,
    *heads.FAULTS,
    *interims.FAULTS,
    *coding.FAULTS,
    *redirects.FAULTS,
    *cookies.FAULTS,
    *challenges.FAULTS,
]
