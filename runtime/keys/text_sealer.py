"""What a partition's writer knows of its subjects' keys, and the sealing of what it writes."""

import math
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from headrace.runtime.keys.cipher import KEY_BYTES, NONCE_BYTES, Cipher
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import KeyName, Where, seal

GENERATION_MAX = 2**15 - 1


class NewKey(NamedTuple):
    """A key made for a text: the commit that writes the text writes it too."""

    name: KeyName
    wrapped: bytes
    at: int
    """Microseconds."""


class Newest(NamedTuple):
    """A subject's newest key in the ledger; `wrapped` None: it was destroyed."""

    generation: int
    wrapped: bytes | None


class _Known:
    """The key that a subject's next text is sealed under; without cipher it is yet to be made."""

    __slots__ = ("cipher", "generation", "until")

    def __init__(self, generation: int, cipher: Cipher | None, until: float) -> None:
        self.generation = generation
        self.cipher = cipher
        self.until = until


class TextSealer:
    """A subject's key is loaded, or known to be lacking, before its text is sealed.

    What was loaded is trusted for a while and then looked up again, since it may have been
    destroyed meanwhile: a text that was sealed under it until then is forgotten with the others.
    Keys that the ledger doesn't have yet stay, however many there are.
    """

    def __init__(
        self, master: MasterKey, kept_max: int, trusted_s: float, *,
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:  # fmt: skip
        """`kept_max`: at least as many subjects as one batch can have."""
        self._master = master
        self.pairs = master.pairs
        self._kept_max = kept_max
        self._trusted_s = trusted_s
        self._monotonic = monotonic
        self._random = random
        self._known: OrderedDict[int, _Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def lacking(self, subjects: Iterable[int]) -> list[int]:
        """Those whose newest key is to be looked up; the others are kept for now."""
        now, known = self._monotonic(), self._known
        lacking = []
        for subject in subjects:
            found = known.get(subject)
            if found is None or found.until <= now:
                lacking.append(subject)
            else:
                known.move_to_end(subject)
        return lacking

    def learn(self, subjects: Iterable[int], newest: Mapping[int, Newest]) -> None:
        """What the ledger says of subjects; of those left out it has no key.

        Raises NotAuthentic when a key is damaged or under another master key.
        """
        until = self._monotonic() + self._trusted_s
        for subject in subjects:
            found = newest.get(subject)
            if found is None:
                known = _Known(0, None, until)
            elif found.wrapped is None:
                known = _Known(found.generation + 1, None, until)
            else:
                key = self._master.unwrap(subject, found.generation, found.wrapped)
                known = _Known(found.generation, Cipher(key), until)
            self._known[subject] = known
            self._known.move_to_end(subject)
        self._forget_surplus()

    def _forget_surplus(self) -> None:
        surplus = len(self._known) - self._kept_max
        if surplus > 0:
            oldest = [s for s, known in self._known.items() if known.until < math.inf][:surplus]
            for subject in oldest:
                del self._known[subject]

    def seal(
        self, subject: int, where: Where, text: bytes, at: int, made: list[NewKey], *,
        new: bool = False,
    ) -> bytes:  # fmt: skip
        """The text sealed. A key that is made for it goes into `made`, of the moment `at`.

        `new`: the ledger can't have a key of the subject. LookupError when it was not looked up.
        """
        known = self._known.get(subject)
        if known is None:
            if not new:
                raise LookupError(f"the key of subject {subject} was not looked up")
            known = self._known[subject] = _Known(0, None, math.inf)
        name = KeyName(subject, known.generation)
        if known.cipher is None:
            if known.generation > GENERATION_MAX:
                raise LookupError(f"subject {subject} was forgotten {known.generation} times")
            key = self._random(KEY_BYTES)
            known.cipher, known.until = Cipher(key), math.inf
            made.append(NewKey(name, self._master.wrap(*name, key, self._random), at))
        return seal(known.cipher, name, where, text, self._random(NONCE_BYTES))

    def committed(self, made: Iterable[KeyName]) -> None:
        """The ledger has them."""
        until = self._monotonic() + self._trusted_s
        for name in made:
            if known := self._known.get(name.subject):
                known.until = until

    def undo(self, made: Iterable[KeyName]) -> None:
        """The batch that made them is rolled back: they are yet to be made."""
        until = self._monotonic() + self._trusted_s
        for name in made:
            self._known[name.subject] = _Known(name.generation, None, until)

    def forget_all(self) -> None:
        """All is looked up again."""
        self._known.clear()
