"""The master key: 32 random bytes in a file, under which the keys of all subjects are kept.

A ledger is bound to one from the first start on. Whoever has the database without the file can read
no personal text; whoever loses the file has lost all of it, and nothing else.
"""

import os
from collections.abc import Callable
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from struct import Struct as Layout

from headrace.runtime.keys.cipher import KEY_BYTES, NONCE_BYTES, Cipher, NotAuthentic
from headrace.runtime.keys.text_digest import PairDigest, TextDigest

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
        self._secret = secret
        self.name = blake2b(secret, digest_size=16, person=b"headrace master").hexdigest()
        """By which a ledger knows it; says nothing of the key itself."""
        self.digest = TextDigest(
            blake2b(secret, digest_size=32, person=b"headrace digest").digest()
        )
        """Of texts in fingerprints. Whoever gives a ledger another master key hands this one on,
        and the next."""
        self.pairs = PairDigest(self.derived(b"headrace pairs", b""))

    @cached_property
    def _cipher(self) -> Cipher:
        return Cipher(self._secret)

    def derived(self, purpose: bytes, salt: bytes) -> bytes:
        """A key of KEY_BYTES for one purpose; at most 16 bytes each."""
        return blake2b(self._secret, digest_size=KEY_BYTES, person=purpose, salt=salt).digest()

    def wrap(
        self, subject: int, generation: int, key: bytes,
        random: Callable[[int], bytes] = os.urandom,
    ) -> bytes:  # fmt: skip
        """As the database keeps it."""
        nonce = random(NONCE_BYTES)
        return nonce + self._cipher.seal(nonce, key, _bound_to(subject, generation))

    def unwrap(self, subject: int, generation: int, wrapped: bytes) -> bytes:
        """Raises NotAuthentic when it is damaged, another subject's or under another master key."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        if len(sealed) < KEY_BYTES:
            raise NotAuthentic
        return self._cipher.open(nonce, sealed, _bound_to(subject, generation))


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
