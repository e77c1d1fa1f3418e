"""Whether a payment is refused, declined or settled, by two accounts that the caller has locked."""

from datetime import UTC, date, datetime

from asyncpg import Record

from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import AccountState
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.refusals import Refusal

OPEN, CLOSED = int(AccountState.OPEN), int(AccountState.CLOSED)


class Account:
    """A locked row; a transaction's payments change it in memory, in their order."""

    __slots__ = (
        "credit_line", "currency", "daily_amount_max", "daily_count_max", "day", "day_amount",
        "day_count", "number", "payment_max", "posted", "state",
    )  # fmt: skip

    def __init__(self, row: Record) -> None:
        (
            self.number, self.currency, self.state, self.posted, self.credit_line,
            self.payment_max, self.daily_amount_max, self.daily_count_max, self.day_amount,
            self.day_count, self.day,
        ) = row  # fmt: skip

    def over_limit(self, amount: int, today: date) -> DeclineReason:
        """The first limit that a payment of `amount` would break."""
        if self.day != today:
            self.day, self.day_amount, self.day_count = today, 0, 0
        if self.payment_max and amount > self.payment_max:
            return DeclineReason.PAYMENT_LIMIT
        if self.daily_amount_max and self.day_amount + amount > self.daily_amount_max:
            return DeclineReason.DAILY_AMOUNT_LIMIT
        if self.daily_count_max and self.day_count >= self.daily_count_max:
            return DeclineReason.DAILY_COUNT_LIMIT
        return DeclineReason.NONE


class Refused(Exception):
    """Nothing was decided and the key stays unused; `field` is to blame."""

    def __init__(self, refusal: Refusal, field: str) -> None:
        super().__init__(refusal, field)
        self.refusal = refusal
        self.field = field


def today() -> date:
    """The UTC day, which daily limits go by."""
    return datetime.now(UTC).date()


def decide(
    debtor: Account, creditor: Account, amount: int, currency: int, day: date
) -> DeclineReason:
    """Why not, if anything; raises Refused. The checks and their order are Headrace's."""
    if debtor.currency != currency:
        raise Refused(Refusal.CURRENCY_MISMATCH, "debtor")
    if creditor.currency != currency:
        raise Refused(Refusal.CURRENCY_MISMATCH, "creditor")
    if debtor.state != OPEN:
        closed = debtor.state == CLOSED
        raise Refused(Refusal.ACCOUNT_CLOSED if closed else Refusal.ACCOUNT_FROZEN, "debtor")
    if creditor.state == CLOSED:
        raise Refused(Refusal.ACCOUNT_CLOSED, "creditor")
    if creditor.posted > BALANCE_MAX - amount:
        raise Refused(Refusal.AMOUNT_TOO_LARGE, "amount")
    if reason := debtor.over_limit(amount, day):
        return reason
    if debtor.posted + debtor.credit_line < amount:
        return DeclineReason.INSUFFICIENT_FUNDS
    return DeclineReason.NONE


def move(debtor: Account, creditor: Account, amount: int) -> None:
    """A decided payment, in memory."""
    debtor.posted -= amount
    debtor.day_amount += amount
    debtor.day_count += 1
    creditor.posted += amount
