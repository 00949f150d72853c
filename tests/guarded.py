"""A route that asks for Digest credentials (RFC 7616), and checks what it gets."""

import hashlib
import re
from collections.abc import Callable

from tests.servers.messages import Answer, Request

HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
}


def parts(line: str) -> dict[str, str]:
    """The parameters of an `Authorization: Digest` line, unquoted."""
    found = re.findall(r'(\w+\*?) *= *(?:"((?:[^"\\]|\\.)*)"|([^ ,]+))', line)
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in found}


class Guard:
    """A route that asks for Digest credentials, and checks what it gets by the words of the RFC."""

    def __init__(self, challenge: str = 'Digest realm="r", nonce="n", qop="auth"', password: str = "secret"):
        self.challenge = challenge
        self.password = password
        self.counts: list[str] = []
        self.refuses = False

    def refuse(self) -> Answer:
        return Answer(b"who are you?", 401, (("WWW-Authenticate", self.challenge),))

    def __call__(self, request: Request) -> Answer:
        line = request.headers.get("authorization")
        if line is None or self.refuses:
            return self.refuse()
        said = parts(line)
        algorithm = said.get("algorithm", "MD5")
        digest = HASHES[algorithm.removesuffix("-sess")]
        who = digest(f"ada:{said['realm']}:{self.password}".encode())
        if algorithm.endswith("-sess"):
            who = digest(f"{who}:{said['nonce']}:{said['cnonce']}".encode())
        what = f"{request.method}:{request.target}"
        if said.get("qop") == "auth-int":
            what += ":" + digest(request.body)
        middle = [said["nc"], said["cnonce"], said["qop"]] if "qop" in said else []
        expected = digest(":".join([who, said["nonce"], *middle, digest(what.encode())]).encode())
        asked = parts(self.challenge)
        right = said["response"] == expected and said["uri"] == request.target
        if not right or said["nonce"] != asked["nonce"] or said["realm"] != asked["realm"]:
            return self.refuse()
        self.counts.append(said.get("nc", ""))
        return Answer.text("welcome")
