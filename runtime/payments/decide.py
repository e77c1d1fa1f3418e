"""The front door of the core: all that a partition can be asked to do, one row for each.

A new kind of command is its struct (command.py), its needs and its decider, wherever they live, and
a row of COMMANDS; whoever routes, loads, decides, scores or answers again reads the row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple

from msgspec import msgpack

from headrace.runtime.ids import NewPaymentId
from headrace.runtime.partitioning import partition_of, partition_of_payment
from headrace.runtime.payments import needs
from headrace.runtime.payments.answer import Answer, LegsAnswer
from headrace.runtime.payments.book import Batch, Book
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
from headrace.runtime.payments.wanted import Key, Legs, Wanted


class Given(NamedTuple):
    """What a batch is decided on, beside the book; commands are named by their place in it."""

    now: int
    """Microseconds of UTC."""
    times: Times
    verdicts: Mapping[int, tuple[Risk, Parties | None]]
    """Risk's, and the parties if they were found for it."""
    legs: Legs
    """What the ledger shows of the legs to be carried."""
    new_id: NewPaymentId
    """Called once for each payment that is decided, in their order."""


class CommandRow(NamedTuple):
    """What has to be known of one kind of command."""

    decide: Callable[[Book, Batch, Any, int, Given], Answer | LegsAnswer]
    """Of a command and its place. Applies it to the book at once; what raises is undone by whoever
    called."""
    needs: Callable[[Wanted, Iterable[tuple[int, Any]]], None]
    """Tells what must be in the book: of all commands of the kind in a batch, with their places."""
    home: Callable[[Any, int], int] | None
    """The partition that decides a command, of so many. None: legs, which go straight to an
    actor."""
    keyed: bool = False
    """Has `tenant`, `key` (None: it has none) and `fingerprint`: whoever repeats it gets the first
    answer again."""
    scored: bool = False
    """Pays between the same fields as Pay, on risk's verdict."""


_partition_of = lru_cache(maxsize=65_536)(partition_of)
"""Of accounts seen lately: hashing one takes longer than all else that routes its payment."""


def _pay_home(command: Pay, partitions: int) -> int:
    return _partition_of(command.tenant, command.debtor, partitions)


def _account_home(command: OpenAccount | ChangeAccount | Fund, partitions: int) -> int:
    return _partition_of(command.tenant, command.account, partitions)


def _payment_home(command: Act, partitions: int) -> int:
    return partition_of_payment(command.payment)


def _pay(book: Book, batch: Batch, command: Pay, place: int, given: Given) -> Answer:
    risk, both = given.verdicts.get(place, _NO_VERDICT)
    return decide_payment(book, batch, command, given.now, risk, given.times, given.new_id, both)


COMMANDS: dict[type[Command], CommandRow] = {
    Pay: CommandRow(_pay, needs.for_payments, _pay_home, keyed=True, scored=True),
    Act: CommandRow(
        lambda book, batch, c, _, given: decide_action(book, batch, c, given.now, given.times),
        needs.for_actions, _payment_home, keyed=True,
    ),
    OpenAccount: CommandRow(
        lambda book, batch, c, _, given: decide_open(book, batch, c, given.now),
        needs.for_openings, _account_home,
    ),
    ChangeAccount: CommandRow(
        lambda book, batch, c, _, given: decide_change(book, batch, c, given.now),
        needs.for_changes, _account_home,
    ),
    Fund: CommandRow(
        lambda book, batch, c, _, given: decide_fund(book, batch, c, given.now),
        needs.for_funds, _account_home, keyed=True,
    ),
    Carry: CommandRow(
        lambda book, batch, c, at, given: decide_carry(book, batch, c, given.legs[at], given.now),
        needs.for_carried, None,
    ),
    Arrived: CommandRow(
        lambda book, batch, c, _, given: decide_arrived(book, batch, c, given.now),
        needs.for_arrived, None,
    ),
}  # fmt: skip
_NO_VERDICT: tuple[None, None] = (None, None)


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
        return _partition_of(command.tenant, command.debtor, partitions)
    home = COMMANDS[type(command)].home
    if home is None:
        raise TypeError("legs go straight to an actor")
    return home(command, partitions)


def key_of(command: Any) -> tuple[Key, int] | None:
    """A command's key, with its tenant, and its fingerprint; None: it has no key."""
    if not COMMANDS[type(command)].keyed or command.key is None:
        return None
    return (command.tenant, command.key), command.fingerprint


def tell_needs(wanted: Wanted, commands: Sequence[Command]) -> None:
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
    """Decides commands, each with its place, one after another, and applies each to the book at
    once. What they need is in the book; one that raises has to be undone by whoever called."""
    now, times, verdicts, _, new_id = given
    answers: list[Answer | LegsAnswer] = []
    for place, command in commands:
        if type(command) is Pay:
            risk, both = verdicts.get(place, _NO_VERDICT)
            answers.append(decide_payment(book, batch, command, now, risk, times, new_id, both))
        else:
            answers.append(COMMANDS[type(command)].decide(book, batch, command, place, given))
    return answers
