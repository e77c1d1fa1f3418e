"""Answers that the ledger holds already: a key that was used gets its first answer again."""

import time
from collections.abc import Callable, Iterable, Sequence

from headrace.actors.intake import Item
from headrace.runtime.database.connect import Database
from headrace.runtime.ledger import load
from headrace.runtime.payments.answer import Answer, Done, LegsAnswer, Refused
from headrace.runtime.payments.book import again
from headrace.runtime.payments.command import Act, Carry, Command, Fund, Pay
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
            if isinstance(command, Carry):
                command.again = True
            elif key := _key(command):
                self._doubtful.add(key)

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
            command, submission, place = item
            key = _key(command)
            if key in known:
                submission.answer(place, _known(command, *known[key]))
                self._repeats_until[key[0]] = until
            else:
                rest.append(item)
        return rest

    def _wanted(self, items: Sequence[Item]) -> list[Key]:
        now = self._monotonic()
        for tenant in [t for t, until in self._repeats_until.items() if until < now]:
            del self._repeats_until[tenant]
        doubtful, repeats = self._doubtful, self._repeats_until
        keys = [key for command, _, _ in items if (key := _key(command))]
        return [key for key in keys if key in doubtful or key[0] in repeats]


async def answer_refused_again(
    reader: Database, items: Sequence[Item], answers: list[Answer | LegsAnswer]
) -> None:
    """Before a keyed command is refused, the ledger is asked for its key: what it did before may be
    what stands in its way now, and a refusal writes nothing that would find the key."""
    refused: dict[int, Key] = {}
    for place, answer in enumerate(answers):
        if type(answer) is Refused and answer.refusal != Refusal.KEY_REUSED:
            key = _key(items[place][0])
            if key is not None:
                refused[place] = key
    if not refused:
        return
    known = await load.keys(reader, list(refused.values()))
    for place, key in refused.items():
        if key in known:
            answers[place] = _known(items[place][0], *known[key])


def _key(command: Command) -> Key | None:
    if isinstance(command, Pay | Act | Fund) and command.key is not None:
        return command.tenant, command.key
    return None


def _known(command: Command, fingerprint: int, first: Done) -> Answer:
    same = isinstance(command, Pay | Act | Fund) and command.fingerprint == fingerprint
    return again(first) if same else Refused(Refusal.KEY_REUSED)
