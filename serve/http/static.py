"""Files of the wheel that pages load: style sheets, pictures, scripts.

A file's address holds a digest of its content, so that whoever has it need never ask again, and a
changed file is another address. A page may come from a gateway of another version than the one that
is asked for its files: an address with another digest is answered too, and not kept.
"""

from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import NamedTuple

from headrace.runtime.refusals import Refusal
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Headers, Reply

KEEP = (b"cache-control", b"public, max-age=31536000, immutable")
ASK_AGAIN = (b"cache-control", b"no-cache")
PRIVATE: Headers = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
DIGEST_CHARACTERS = 12


class _File(NamedTuple):
    content: bytes
    digest: str
    media: bytes


class Static:
    """The files of one folder, read once, under one address."""

    def __init__(self, folder: Path, address: str) -> None:
        """`address` ends in a slash. The folder has no folders of its own."""
        self._address = address
        self._files = {path.name: _read(path) for path in sorted(folder.iterdir())}

    def address(self, name: str) -> str:
        """Where a file is served; raises KeyError."""
        stem, dot, suffix = name.rpartition(".")
        return f"{self._address}{stem}.{self._files[name].digest}{dot}{suffix}"

    def reply(self, asked: str) -> Reply:
        """The file that the last part of an address names; raises Problem(NOT_FOUND)."""
        before, dot, suffix = asked.rpartition(".")
        stem, _, digest = before.rpartition(".")
        file = self._files.get(f"{stem}{dot}{suffix}")
        if file is None:
            raise Problem(Refusal.NOT_FOUND, "there is no such file")
        kept = KEEP if digest == file.digest else ASK_AGAIN
        return Reply(200, file.content, [(b"content-type", file.media), kept, *PRIVATE])


def _read(path: Path) -> _File:
    content = path.read_bytes()
    media = guess_type(path.name)[0] or "application/octet-stream"
    if media.startswith("text/"):
        media += "; charset=utf-8"
    return _File(content, sha256(content).hexdigest()[:DIGEST_CHARACTERS], media.encode())
