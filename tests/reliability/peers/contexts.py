"""Python's own TLS settings, for the clients that take them."""

import ssl

from tests.reliability.peers.peer import Wish, in_a_file

EXPRESSED = frozenset({"cert", "crls", "max_version", "min_version", "verify"})
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(tls: Wish) -> ssl.SSLContext:
    made = ssl.create_default_context(cadata=tls.get("ca"))
    if not tls.get("verify", True):
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if cert := tls.get("cert"):
        made.load_cert_chain(in_a_file(cert))
    if crls := tls.get("crls"):
        made.load_verify_locations(in_a_file(crls))
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if oldest := tls.get("min_version"):
        made.minimum_version = VERSIONS[oldest]
    if newest := tls.get("max_version"):
        made.maximum_version = VERSIONS[newest]
    return made
