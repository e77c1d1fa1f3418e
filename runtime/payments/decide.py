"""Deciding any command: one table says who decides what."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from headrace.runtime.payments.answer import Answer, LegsAnswer
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import (
    Act,
    Arrived,
    Carry,
    ChangeAccount,
    Command,
    Fund,
    OpenAccount,
    Pay,
)
from headrace.runtime.payments.decide_account import decide_change, decide_fund, decide_open
from headrace.runtime.payments.decide_action import decide_action
from headrace.runtime.payments.decide_legs import decide_arrived, decide_carry
from headrace.runtime.payments.decide_payment import Parties, Risk, Times, decide_payment
from headrace.runtime.payments.open_leg import ShownLegs


class Given(NamedTuple):
    """What a batch is decided on, beside the book; commands are named by their place in it."""

    now: int
    """Microseconds of UTC."""
    times: Times
    verdicts: Mapping[int, tuple[Risk, Parties | None]]
    """Risk's, and the parties if they were found for it."""
    legs: Mapping[int, ShownLegs]
    """What the ledger shows of the legs to be carried."""


_NO_VERDICT: tuple[None, None] = (None, None)


def decide(
    book: Book, batch: Batch, commands: Iterable[tuple[int, Command]], given: Given
) -> list[Answer | LegsAnswer]:
    """Decides commands, each with its place, one after another, and applies each to the book at
    once. What they need is in the book; one that raises has to be undone by whoever called."""
    now, times, verdicts, _ = given
    answers: list[Answer | LegsAnswer] = []
    for place, command in commands:
        if type(command) is Pay:
            risk, both = verdicts.get(place, _NO_VERDICT)
            answers.append(decide_payment(book, batch, command, now, risk, times, both))
        else:
            answers.append(_DECIDERS[type(command)](book, batch, command, place, given))
    return answers


_Decider = Callable[[Book, Batch, Any, int, Given], Answer | LegsAnswer]
_DECIDERS: dict[type[Command], _Decider] = {
    Act: lambda book, batch, c, _, given: decide_action(book, batch, c, given.now, given.times),
    Fund: lambda book, batch, c, _, given: decide_fund(book, batch, c, given.now),
    OpenAccount: lambda book, batch, c, _, given: decide_open(book, batch, c, given.now),
    ChangeAccount: lambda book, batch, c, _, given: decide_change(book, batch, c, given.now),
    Carry: lambda book, batch, c, at, given: decide_carry(
        book, batch, c, given.legs[at], given.now
    ),
    Arrived: lambda book, batch, c, _, given: decide_arrived(book, batch, c, given.now),
}
