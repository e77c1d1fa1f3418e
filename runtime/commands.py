"""The front door of the core: all that a partition can be asked to do.

A new kind of command is its struct, its needs, its decider and a row of its area's table; a new
area with commands is a line of COMMANDS. Whoever routes, loads, decides, scores or answers again
reads the row.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from msgspec import msgpack

from headrace.runtime.payments.answer import Answer, LegsAnswer
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Command, Pay
from headrace.runtime.payments.decide import (
    NO_VERDICT,
    PAYMENTS,
    CommandRow,
    Given,
    account_home,
)
from headrace.runtime.payments.decide_payment import decide_payment
from headrace.runtime.payments.wanted import Key, Wanted

COMMANDS: dict[type[Command], CommandRow] = {
    **PAYMENTS,
}


def decoder(commands: Iterable[type[Command]]) -> "msgpack.Decoder[list[Command]]":
    """Of calls that may have commands of these kinds; their tags differ."""
    return msgpack.Decoder(list[reduce(or_, commands)])  # type: ignore[misc]  # known when it runs


_decoder = decoder(COMMANDS)


def decode(data: bytes) -> list[Command]:
    """The commands of one call, as command.encode wrote the list. Raises msgspec.DecodeError."""
    return _decoder.decode(data)


def home_of(command: Command, partitions: int) -> int:
    """The partition that decides a command; TypeError for those of legs."""
    if type(command) is Pay:
        return account_home(command.tenant, command.debtor, partitions)
    home = COMMANDS[type(command)].home
    if home is None:
        raise TypeError("legs go straight to an actor")
    return home(command, partitions)


def key_of(command: Any) -> tuple[Key, int] | None:
    """A command's key, with its tenant, and its fingerprint; None: it has no key."""
    if not COMMANDS[type(command)].keyed or command.key is None:
        return None
    return (command.tenant, command.key), command.fingerprint


def gather_needs(wanted: Wanted, commands: Sequence[Command]) -> None:
    """Tells what a batch of commands needs and the book lacks."""
    kinds = list(map(type, commands))
    if kinds.count(Pay) == len(kinds):
        COMMANDS[Pay].needs(wanted, enumerate(commands))
        return
    for kind in set(kinds):
        of_kind = [item for item in enumerate(commands) if type(item[1]) is kind]
        COMMANDS[kind].needs(wanted, of_kind)


def decide(
    book: Book, batch: Batch, commands: Iterable[tuple[int, Command]], given: Given
) -> list[Answer | LegsAnswer]:
    """Decides commands, each with its index, one after another, and applies each to the book at
    once. What they need is in the book; one that raises has to be undone by whoever called."""
    now, times, verdicts, _, new_id = given
    answers: list[Answer | LegsAnswer] = []
    for index, command in commands:
        if type(command) is Pay:
            risk, both = verdicts.get(index, NO_VERDICT)
            answers.append(decide_payment(book, batch, command, now, risk, times, new_id, both))
        else:
            answers.append(COMMANDS[type(command)].decide(book, batch, command, index, given))
    return answers
