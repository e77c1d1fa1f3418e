"""An account's statement: records told from the side of one of the accounts that they change."""

from headrace.runtime import ids
from headrace.runtime.clock import from_us, iso
from headrace.runtime.journal.account_numbers import (
    is_system_account,
    partition_of_account,
    system_account_name,
)
from headrace.runtime.journal.kinds import COUNTERPART_KINDS, RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.telling import told_of
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.views import Entry, Names, details_of
from headrace.runtime.money import currency_code


def entry(
    r: Record, first: Record, account: int, other: int, names: Names, tokens: Tokens
) -> Entry:
    """A record from the side of an account that it changes; `other` is its counterparty. Its
    payment's `first` record, or itself, has the texts."""
    told = told_of(r)
    debited = r.debit == account
    kind = RecordKind(r.kind)
    side = kind.facts.debit if debited else kind.facts.credit
    currency = currency_code(r.currency)
    seq = r.seq if debited else r.credit_seq
    return Entry(
        id=tokens.id_of(r.tenant, partition_of_account(account), seq),
        at=iso(from_us(r.at)),
        kind=told.name if told else kind.name.lower(),
        payment=ids.text(r.payment) if any(r.payment) else None,
        counterparty=account_name(other, currency, names) if other else None,
        amount=r.amount * side.posted,
        held_amount=r.amount * side.held,
        currency=currency,
        posted=r.debit_posted if debited else r.credit_posted,
        held=r.debit_held if debited else r.credit_held,
        reference=first.reference,
        description=details_of(first.details).description,
    )


def counterparty(r: Record, account: int, first: Record) -> int:
    """Whom the money of an account's entry came from or goes to, wherever it is on its way.

    The payment's `first` record names the debtor, whom the counterpart's entries don't; 0 where
    there is none but `r` itself.
    """
    if r.kind in COUNTERPART_KINDS:
        return first.debit if first is not r else 0
    if r.creditor and account != r.creditor:
        return r.creditor
    return r.debit if account == r.credit else r.credit


def account_name(number: int, currency: str, names: Names) -> str:
    """The tenant's id; of a partition's own account the name that SQL gives it too."""
    if not is_system_account(number):
        return names[number]
    return system_account_name(number, currency)
