"""An account's statement: records told from the side of one of the accounts that they change."""

from headrace.runtime import ids
from headrace.runtime.clock import from_us, iso
from headrace.runtime.journal.record import Record
from headrace.runtime.ledger.views import Entry, Names, details_of
from headrace.runtime.money import currency_code
from headrace.runtime.partitioning import ACCOUNT_BITS, is_system_account, partition_of_account
from headrace.runtime.payments.states import RecordKind

K = RecordKind


def entry(r: Record, account: int, other: int, names: Names) -> Entry:
    """A record from the side of an account that it changes; `other` is its counterparty."""
    debited = r.debit == account
    posts = r.kind not in (K.HELD, K.HELD_FOR_REVIEW, K.RELEASED)
    held = 0
    if r.kind in (K.HELD, K.HELD_FOR_REVIEW):
        held = r.amount
    elif debited and r.kind in (K.RELEASED, K.CAPTURED):
        held = -r.amount
    currency = currency_code(r.currency)
    seq = r.seq if debited else r.credit_seq
    return Entry(
        id=f"{partition_of_account(account)}:{seq}",
        at=iso(from_us(r.at)),
        kind=RecordKind(r.kind).name.lower(),
        payment=ids.text(r.payment) if any(r.payment) else None,
        counterparty=account_name(other, currency, names) if other else None,
        amount=(-r.amount if debited else r.amount) if posts else 0,
        held_amount=held,
        currency=currency,
        posted=r.debit_posted if debited else r.credit_posted,
        held=r.debit_held if debited else r.credit_held,
        reference=r.reference,
        description=details_of(r.details).description,
    )


def counterparty(r: Record, account: int, payment_debtor: int) -> int:
    """Whom the money of an account's entry came from or goes to, wherever it is on its way.

    `payment_debtor` is needed of the counterpart's entries only, which do not name the debtor.
    """
    if r.kind in (K.CREDITED, K.REFUND_DEBITED):
        return payment_debtor
    if r.creditor and account != r.creditor:
        return r.creditor
    return r.debit if account == r.credit else r.credit


def account_name(number: int, currency: str, names: Names) -> str:
    """The tenant's id; of a partition's own account the name that SQL gives it too."""
    if not is_system_account(number):
        return names[number]
    kind = ("external", "transit_out", "transit_in")[(number & 3) - 1]
    return f"{kind}:{currency}:{number >> ACCOUNT_BITS}"
