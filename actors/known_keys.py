"""Answers that the ledger holds already: a key that was used gets its first answer again."""

from collections.abc import Sequence

from headrace.actors.intake import Item
from headrace.runtime.ledger import load
from headrace.runtime.ledger.connect import Database
from headrace.runtime.payments.answer import Answer, Done, LegsAnswer, Refused
from headrace.runtime.payments.book import again
from headrace.runtime.payments.command import Act, Command, Fund, Pay
from headrace.runtime.payments.refusals import Refusal


async def answer_known(reader: Database, items: Sequence[Item]) -> list[Item]:
    """Answers commands whose key the ledger knows; returns the others."""
    keys = [key for command, _, _ in items if (key := _key(command))]
    known = await load.keys(reader, keys) if keys else {}
    rest: list[Item] = []
    for item in items:
        command, submission, place = item
        key = _key(command)
        if key in known:
            submission.answer(place, _known(command, *known[key]))
        else:
            rest.append(item)
    return rest


async def answer_refused_again(
    reader: Database, items: Sequence[Item], answers: list[Answer | LegsAnswer]
) -> None:
    """Before a keyed command is refused, the ledger is asked for its key: what it did before may be
    what stands in its way now, and a refusal writes nothing that would find the key."""
    refused: dict[int, tuple[int, str]] = {}
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


def _key(command: Command) -> tuple[int, str] | None:
    if isinstance(command, Pay | Act | Fund) and command.key is not None:
        return command.tenant, command.key
    return None


def _known(command: Command, fingerprint: int, first: Done) -> Answer:
    same = isinstance(command, Pay | Act | Fund) and command.fingerprint == fingerprint
    return again(first) if same else Refused(Refusal.KEY_REUSED)
