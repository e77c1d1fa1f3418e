"""What each kind of command needs in the book, told of all of its kind in a batch at once.

Nothing is told that the book has already.
"""

from collections.abc import Iterable

from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    partition_of_account,
    system_account,
)
from headrace.runtime.journal.kinds import KINDS
from headrace.runtime.partitioning import partition_of, partition_of_payment
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.payments.decide_account import needs_counts
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.payments.wanted import Wanted


def for_payments(wanted: Wanted, commands: Iterable[tuple[int, Pay]]) -> None:
    """Both parties, and the transit account that money may leave by."""
    book, system = wanted.book, wanted.system
    by_id, creditors = book.by_id, book.creditors
    seen: dict[int, int] = {}
    for index, command in commands:
        tenant = command.tenant
        debtor = by_id.get(key := (tenant, command.debtor))
        if debtor is None:
            wanted.need_id(key, index)
            wanted.later.append((_debtor_found, command))
        else:
            partition, currency = debtor.partition, debtor.currency
            if seen.get(partition) != currency:
                seen[partition] = currency
                system.add(_transit_out(debtor))
            if command.details is not None:
                wanted.subjects.add(debtor.number)
        if (key := (tenant, command.creditor)) not in by_id and key not in creditors:
            (wanted.ids if book.owns_id(*key) else wanted.creditors).add(key)


def _debtor_found(wanted: Wanted, command: Pay) -> None:
    debtor = wanted.book.by_id.get((command.tenant, command.debtor))
    if debtor is not None:
        wanted.system.add(_transit_out(debtor))
        if command.details is not None:
            wanted.subjects.add(debtor.number)


def _transit_out(debtor: Account) -> int:
    return system_account(debtor.partition, debtor.currency, TRANSIT_OUT)


def for_actions(wanted: Wanted, commands: Iterable[tuple[int, Act]]) -> None:
    """The payment, and then its accounts that are the book's."""
    book = wanted.book
    for index, command in commands:
        wanted.later.append((_payment_found, command))
        if command.payment not in book.payments:
            wanted.payments.add(command.payment)
            if partition_of_payment(command.payment) not in book.partitions:
                wanted.astray.add(index)


def _payment_found(wanted: Wanted, command: Act) -> None:
    payment = wanted.book.payments.get(command.payment)
    if payment is not None:
        wanted.numbers |= {payment.debtor, payment.creditor}
        home = partition_of_account(payment.debtor)
        wanted.system.add(system_account(home, payment.currency, TRANSIT_OUT))
        if command.details is not None:
            wanted.subjects.add(payment.debtor)


def for_funds(wanted: Wanted, commands: Iterable[tuple[int, Fund]]) -> None:
    """The account, and the external account beside it."""
    by_id = wanted.book.by_id
    for index, command in commands:
        wanted.later.append((_funded_found, command))
        if (key := (command.tenant, command.account)) not in by_id:
            wanted.need_id(key, index)


def _funded_found(wanted: Wanted, command: Fund) -> None:
    account = wanted.book.by_id.get((command.tenant, command.account))
    if account is not None:
        wanted.system.add(system_account(account.partition, account.currency, EXTERNAL))
        if command.details is not None:
            wanted.subjects.add(account.number)


def for_openings(wanted: Wanted, commands: Iterable[tuple[int, OpenAccount]]) -> None:
    """The account, if there is one already, with what it was opened with; and what others in the
    batch may do with one that is opened."""
    book = wanted.book
    for index, command in commands:
        if (key := (command.tenant, command.account)) not in book.by_id:
            wanted.need_id(key, index)
        wanted.opened_as.add(key)
        partition = partition_of(*key, book.partitions_total)
        for kind in (EXTERNAL, TRANSIT_OUT):
            wanted.system.add(system_account(partition, command.currency, kind))


def for_changes(wanted: Wanted, commands: Iterable[tuple[int, ChangeAccount]]) -> None:
    """The account; its day's counters, if it gets a limit of a day."""
    by_id = wanted.book.by_id
    for index, command in commands:
        if (account := by_id.get(key := (command.tenant, command.account))) is None:
            wanted.need_id(key, index)
        if needs_counts(command) and (account is None or not account.counts):
            wanted.limits.add(key)


def for_post_legs(wanted: Wanted, commands: Iterable[tuple[int, PostLegs]]) -> None:
    """The legs, and then their creditors and the transit accounts that they come by."""
    for index, command in commands:
        wanted.legs[index] = command
        wanted.later.append((_legs_shown, index))


def _legs_shown(wanted: Wanted, index: int) -> None:
    shown = wanted.shown.get(index)
    if shown is None:
        return
    facts = [shown.legs[name].tolist() for name in ("creditor", "currency", "kind")]
    wanted.numbers.update(facts[0])
    for creditor, currency, kind in set(zip(*facts, strict=True)):
        way = TRANSIT_OUT if kind in KINDS["opens_refund_leg"] else TRANSIT_IN
        wanted.system.add(system_account(partition_of_account(creditor), currency, way))


def for_settle_legs(wanted: Wanted, commands: Iterable[tuple[int, SettleLegs]]) -> None:
    """Payments that have more than this leg, and the accounts of those whose end moves money."""
    book = wanted.book
    for _, command in commands:
        for home, seq, reason in zip(command.homes, command.seqs, command.reasons, strict=True):
            leg = book.partitions[home].open_legs.get(seq)
            if leg is not None:
                if not leg.sole and leg.payment not in book.payments:
                    wanted.payments.add(leg.payment)
                if leg.refund or reason:
                    _need_ends(wanted, leg)


def _need_ends(wanted: Wanted, leg: OpenLeg) -> None:
    wanted.numbers.add(leg.debtor)
    way = TRANSIT_IN if leg.refund else TRANSIT_OUT
    wanted.system.add(system_account(leg.partition, leg.currency, way))
