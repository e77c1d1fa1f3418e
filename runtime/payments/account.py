"""An account as its partition's writer holds it in memory."""

from typing import NamedTuple

from headrace.runtime.clock import DAY_US
from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import AccountState
from headrace.runtime.risk.windows import Windows

Balances = tuple[int, int, int, int, int, bytes | None, int]
"""An account's balances and counters as they were, to go back to: posted, held, day and its amount
and count, state of the windows, and batch. A bare tuple: one is made for each payment."""


class Terms(NamedTuple):
    """What an account was asked to be, or is: credit line and limits, in minor units; 0: none."""

    credit_line: int
    payment_max: int
    daily_amount_max: int
    daily_count_max: int


class Account:
    """Balances and settings; amounts in minor units. System accounts have no id and no tenant.

    The day's counters hold for the UTC day `day` (days since 1970) of its partition's time, and are
    true only while `counts`: while a limit of a day is set, for which the ledger says what was paid
    before, and in the batch that opens the account.
    """

    __slots__ = (
        "batch", "counts", "credit_line", "currency", "daily_amount_max", "daily_count_max", "day",
        "day_amount", "day_count", "held", "id", "number", "opened_as", "partition", "payment_max",
        "posted", "state", "tenant", "windows",
    )  # fmt: skip

    def __init__(self, number: int, tenant: int, id: str, currency: int) -> None:
        self.number = number
        self.partition = partition_of_account(number)
        self.tenant = tenant
        self.id = id
        self.currency = currency
        self.state = AccountState.OPEN
        self.credit_line = 0
        self.payment_max = 0
        self.daily_amount_max = 0
        self.daily_count_max = 0
        self.posted = 0
        self.held = 0
        self.counts = False
        self.opened_as: Terms | None = None
        """What was asked for when it was opened; None: not loaded."""
        self.day = 0
        self.day_amount = 0
        self.day_count = 0
        self.windows: Windows | None = None
        """What risk remembers of the account as a debtor; None for system accounts."""
        self.batch = 0
        """The last batch that touched it: it may be evicted once that batch is committed."""

    @property
    def available(self) -> int:
        """What may be spent now: posted - held + credit line."""
        return self.posted - self.held + self.credit_line

    def terms(self) -> Terms:
        """Its settings as they are."""
        return Terms(
            self.credit_line, self.payment_max, self.daily_amount_max, self.daily_count_max
        )

    def set_terms(self, terms: Terms) -> None:
        """Changes all of them."""
        (
            self.credit_line, self.payment_max, self.daily_amount_max, self.daily_count_max,
        ) = terms  # fmt: skip

    def balances(self) -> Balances:
        """All that payments change, as it is."""
        windows = self.windows
        state = None if windows is None else windows.state
        return self.posted, self.held, self.day, self.day_amount, self.day_count, state, self.batch

    def restore(self, was: Balances) -> None:
        """Goes back."""
        self.posted, self.held, self.day, self.day_amount, self.day_count, windows, self.batch = was
        if self.windows is not None and windows is not None:
            self.windows.state = windows

    def limited_by_day(self) -> bool:
        """Whether a limit of a day is set."""
        return bool(self.daily_amount_max or self.daily_count_max)

    def over_limit(self, amount: int, now: int) -> DeclineReason:
        """The first limit that a payment of `amount` at `now` (microseconds) would break."""
        if not (self.payment_max or self.daily_amount_max or self.daily_count_max):
            return DeclineReason.NONE
        self._turn_day(now)
        if self.payment_max and amount > self.payment_max:
            return DeclineReason.PAYMENT_LIMIT
        if self.daily_amount_max and self.day_amount + amount > self.daily_amount_max:
            return DeclineReason.DAILY_AMOUNT_LIMIT
        if self.daily_count_max and self.day_count >= self.daily_count_max:
            return DeclineReason.DAILY_COUNT_LIMIT
        return DeclineReason.NONE

    def count_authorised(self, amount: int, now: int) -> None:
        """Counts an authorised payment towards the day's limits; only while `counts`."""
        self._turn_day(now)
        self.day_amount += amount
        self.day_count += 1

    def give_back(self, amount: int, authorised_at: int, whole: bool) -> None:
        """Takes a released amount (and the payment, if `whole`) off the day it was counted on."""
        if self.counts and authorised_at // DAY_US == self.day:
            self.day_amount -= amount
            self.day_count -= whole

    def _turn_day(self, now: int) -> None:
        day = now // DAY_US
        if day > self.day:
            self.day, self.day_amount, self.day_count = day, 0, 0


class Creditor:
    """What a partition knows of an account that another actor owns: facts that never change.

    Only its state can, and a leg to an account that closed meanwhile is returned.
    """

    __slots__ = ("closed", "currency", "number")

    def __init__(self, number: int, currency: int, closed: bool) -> None:
        self.number = number
        self.currency = currency
        self.closed = closed
