"""What has to be known of a kind of command, in a row; and the rows of payments and accounts."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from headrace.runtime.ids import NewPaymentId
from headrace.runtime.partitioning import partition_of, partition_of_payment
from headrace.runtime.payments import needs
from headrace.runtime.payments.answer import Answer, LegsAnswer
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Command,
    Fund,
    OpenAccount,
    Pay,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.payments.decide_account import decide_change, decide_fund, decide_open
from headrace.runtime.payments.decide_action import decide_action
from headrace.runtime.payments.decide_legs import decide_post_legs, decide_settle_legs
from headrace.runtime.payments.decide_payment import Parties, Risk, Times, decide_payment
from headrace.runtime.payments.wanted import Legs, Wanted


class Given(NamedTuple):
    """What a batch is decided on, beside the book; commands are named by their index in it."""

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
    """Of a command and its index. Applies it to the book at once; what raises is undone by whoever
    called."""
    needs: Callable[[Wanted, Iterable[tuple[int, Any]]], None]
    """Tells what must be in the book: of all commands of the kind in a batch, with indices."""
    home: Callable[[Any, int], int] | None
    """The partition that decides a command, of so many. None: legs, which go straight to an
    actor."""
    keyed: bool = False
    """Has `tenant`, `key` (None: it has none) and `fingerprint`: whoever repeats it gets the first
    answer again."""
    scored: bool = False
    """Pays between the same fields as Pay, on risk's verdict."""


Commands = Mapping[type[Command], CommandRow]
"""Of one area."""
NO_VERDICT: tuple[None, None] = (None, None)

account_home = lru_cache(maxsize=65_536)(partition_of)
"""Of accounts seen lately: hashing one takes longer than all else that routes its payment."""


def _pay_home(command: Pay, partitions: int) -> int:
    return account_home(command.tenant, command.debtor, partitions)


def _account_home(command: OpenAccount | ChangeAccount | Fund, partitions: int) -> int:
    return account_home(command.tenant, command.account, partitions)


def _payment_home(command: Act, partitions: int) -> int:
    return partition_of_payment(command.payment)


def _pay(book: Book, batch: Batch, command: Pay, index: int, given: Given) -> Answer:
    risk, both = given.verdicts.get(index, NO_VERDICT)
    return decide_payment(book, batch, command, given.now, risk, given.times, given.new_id, both)


PAYMENTS: Commands = {
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
    PostLegs: CommandRow(
        lambda book, batch, c, index, given: decide_post_legs(
            book, batch, c, given.legs[index], given.now
        ),
        needs.for_post_legs, None,
    ),
    SettleLegs: CommandRow(
        lambda book, batch, c, _, given: decide_settle_legs(book, batch, c, given.now),
        needs.for_settle_legs, None,
    ),
}  # fmt: skip
