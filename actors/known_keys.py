"""Answers that the ledger holds already: a key that was used gets its first answer again."""

import time
from collections.abc import Callable, Iterable, Sequence

from headrace.actors.intake import Item
from headrace.runtime.commands import key_of
from headrace.runtime.database.connect import Database
from headrace.runtime.ledger import load
from headrace.runtime.payments.answer import Answer, Done, LegsAnswer, Refused
from headrace.runtime.payments.book import again
from headrace.runtime.payments.command import PostLegs
from headrace.runtime.refusals import Refusal

Key = tuple[int, str]


class KnownKeys:
    """Which keys are worth a look into the ledger before their batch is decided.

    Most keys are new, and looking each of them up would cost as much as paying. So it is done for
    what was rolled back, where one of the keys is known for certain, and for tenants that repeat.
    """

    def __init__(self, repeats_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`repeats_s`: for how long a tenant that has sent a known key is taken to do so again."""
        self._repeats_s = repeats_s
        self._monotonic = monotonic
        self._doubtful: set[Key] = set()
        self._repeats_until: dict[int, float] = {}
        """By tenant."""

    def rolled_back(self, items: Iterable[Item]) -> None:
        """A key or leg of them is in the ledger: which one is looked up when their turn comes."""
        for command, _, _ in items:
            if isinstance(command, PostLegs):
                command.again = True
            elif keyed := key_of(command):
                self._doubtful.add(keyed[0])

    def forget(self) -> None:
        """What was rolled back was answered otherwise."""
        self._doubtful.clear()

    async def answer(self, reader: Database, items: list[Item]) -> list[Item]:
        """Answers at once the commands whose key the ledger knows; returns the others, in order."""
        if not self._doubtful and not self._repeats_until:
            return items
        wanted = self._wanted(items)
        if not wanted:
            return items
        known = await load.keys(reader, wanted)
        self._doubtful.difference_update(wanted)
        until = self._monotonic() + self._repeats_s
        rest: list[Item] = []
        for item in items:
            command, submission, index = item
            keyed = key_of(command)
            if keyed is not None and keyed[0] in known:
                key, fingerprint = keyed
                submission.answer(index, _known(fingerprint, *known[key]))
                self._repeats_until[key[0]] = until
            else:
                rest.append(item)
        return rest

    def _wanted(self, items: Sequence[Item]) -> list[Key]:
        now = self._monotonic()
        for tenant in [t for t, until in self._repeats_until.items() if until < now]:
            del self._repeats_until[tenant]
        doubtful, repeats = self._doubtful, self._repeats_until
        keys = [keyed[0] for command, _, _ in items if (keyed := key_of(command))]
        return [key for key in keys if key in doubtful or key[0] in repeats]


async def answer_refused_again(
    reader: Database, items: Sequence[Item], answers: list[Answer | LegsAnswer]
) -> None:
    """Before a keyed command is refused, the ledger is asked for its key: what it did before may be
    what stands in its way now, and a refusal writes nothing that would find the key."""
    refused: dict[int, tuple[Key, int]] = {}
    for index, answer in enumerate(answers):
        if type(answer) is Refused and answer.refusal != Refusal.KEY_REUSED:
            keyed = key_of(items[index][0])
            if keyed is not None:
                refused[index] = keyed
    if not refused:
        return
    known = await load.keys(reader, [key for key, _ in refused.values()])
    for index, (key, fingerprint) in refused.items():
        if key in known:
            answers[index] = _known(fingerprint, *known[key])


def _known(fingerprint: int, first_fingerprint: int, first: Done) -> Answer:
    return again(first) if fingerprint == first_fingerprint else Refused(Refusal.KEY_REUSED)
