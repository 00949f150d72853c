"""Names for files, made of URLs: whatever the URL, any system allows them, and none leads elsewhere."""

from __future__ import annotations

import hashlib
import re

__all__ = ["INDEX", "LONGEST", "file_name"]

INDEX = "index.jsonl"
"""The file that tells of all others, so that none has its name."""

LONGEST = 120
"""The longest name, in characters, which are bytes. Some encrypting file systems allow 143."""

_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:[/\\]*")
_OTHERS = re.compile(r"[^A-Za-z0-9.=,+-]+")
_SEPARATORS = re.compile(r"[/\\_:]")
_EXTENSION = re.compile(r"(.*[^/\\])(\.[A-Za-z0-9]{1,8})", re.DOTALL)
# Devices, on Windows, whatever follows after a dot.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin|conout|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)

# For URLs that have no extension. Only what no system runs when it is opened.
_EXTENSIONS = {
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/xml": ".xml",
}


def file_name(url: str, content_type: str | None = None, number: int = 1) -> str:
    """The name of a file for a URL: host and path, and a few digits where these are not all of it.

    Of several files that would have the same name, each has its `number`.

    >>> file_name("https://example.com/data/2024.json")
    'example.com_data_2024.json'
    >>> file_name("https://me:secret@example.com/item?id=7", "text/html; charset=utf-8", number=2)
    'example.com_item_id=7-458adf32-2.html'
    >>> file_name("http://evil.example/../../etc/passwd")
    'evil.example_.._.._etc_passwd'
    """
    bare = _without_secrets(url)
    name, mark, query = bare.partition("?")
    authority, slash, path = name.partition("/")
    split = _EXTENSION.fullmatch(path)
    path, extension = split.groups() if split else (path, "")
    if not extension:
        extension = _EXTENSIONS.get((content_type or "").partition(";")[0].strip().lower(), "")
    stem = _OTHERS.sub("_", f"{authority}{slash}{path}{mark}{query}").strip("._-") or "file"
    if _RESERVED.match(stem) or f"{stem}{extension}".lower() == INDEX:
        stem = f"_{stem}"
    # Slashes became underscores, which is easily seen; where more was lost, digits tell the URLs apart.
    room = LONGEST - len(extension)
    if mark or _OTHERS.search(_SEPARATORS.sub("", name)) or len(stem) > room:
        digits = hashlib.sha256(bare.encode(errors="surrogatepass")).hexdigest()[:8]
        stem = f"{stem[: room - 9].rstrip('._-')}-{digits}"
    return f"{stem}{'' if number == 1 else f'-{number}'}{extension}"


def _without_secrets(url: str) -> str:
    """A URL without scheme, user, password and fragment. Its host is in lower case."""
    bare = _SCHEME.sub("", url, count=1).partition("#")[0].replace("\\", "/")
    end = min((place for place in map(bare.find, "/?") if place >= 0), default=len(bare))
    return bare[:end].rpartition("@")[2].lower() + bare[end:]
