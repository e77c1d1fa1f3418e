"""The master key: 32 random bytes in a file, under which the keys of all subjects are kept.

A ledger is bound to one from the first start on. Whoever has the database without the file can read
no personal text; whoever loses the file has lost all of it, and nothing else.
"""

import os
from hashlib import blake2b
from pathlib import Path
from struct import Struct as Layout

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
"""Of AES-GCM: NIST SP 800-38D, 8.2.2, random, for at most 2^32 texts a key."""
_bound_to = Layout(">qh").pack


_HOW_TO_MAKE_ONE = (
    "Make one for a new ledger with `head -c 32 /dev/urandom > FILE`, keep a copy of it elsewhere,"
    " and name it by HEADRACE_MASTER_KEY_FILE, the same for every process of the platform."
)


class MasterKeyError(Exception):
    """The master key is missing, malformed or another ledger's; `remedy` says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


class MasterKey:
    """Wraps subjects' keys for the database, each bound to its subject and generation."""

    def __init__(self, secret: bytes) -> None:
        """ValueError unless it is of KEY_BYTES."""
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")
        self._cipher = AESGCM(secret)
        self.name = blake2b(secret, digest_size=16, person=b"headrace master").hexdigest()
        """By which a ledger knows it; says nothing of the key itself."""

    def wrap(self, subject: int, generation: int, key: bytes) -> bytes:
        """As the database keeps it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, _bound_to(subject, generation))

    def unwrap(self, subject: int, generation: int, wrapped: bytes) -> bytes:
        """Raises InvalidTag when it is damaged, another subject's or under another master key."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        if len(sealed) < KEY_BYTES:
            raise InvalidTag
        return self._cipher.decrypt(nonce, sealed, _bound_to(subject, generation))


def read(path: str | Path) -> MasterKey:
    """From its file. Raises MasterKeyError."""
    if not str(path):
        raise MasterKeyError(
            "no master key is set",
            _HOW_TO_MAKE_ONE,
        )
    try:
        secret = Path(path).read_bytes()
    except OSError as error:
        raise MasterKeyError(
            f"the master key can't be read: {error.strerror}: {path}",
            _HOW_TO_MAKE_ONE,
        ) from error
    if len(secret) != KEY_BYTES:
        raise MasterKeyError(
            f"{path} has {len(secret)} bytes; a master key has {KEY_BYTES}",
            "Put the right file there; it is used as it is, without encoding or line end.",
        )
    return MasterKey(secret)


def make(path: Path) -> MasterKey:
    """A new one, in a file that nobody else can read. FileExistsError if there is one."""
    secret = os.urandom(KEY_BYTES)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, secret)
        os.fsync(file)
    finally:
        os.close(file)
    return MasterKey(secret)
