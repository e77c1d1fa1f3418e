"""Card-like payments of a made-up world, from a seed: for training, demos and load.

Three kinds of fraud (`Scenario`) are laid over the honest payments of runtime/risk/habits.py.
The same settings give the same payments, and any day can be drawn by itself.
"""

from collections.abc import Iterator
from datetime import date
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.random import Generator, default_rng

from headrace.runtime.clock import DAY_US
from headrace.runtime.risk.habits import Floats, Habits, Ints
from headrace.runtime.risk.habits import WorldSettings as WorldSettings


class Scenario(IntEnum):
    """Why a payment is fraud; 0 if it is not."""

    NONE = 0
    AMOUNT = 1
    """An amount far out of the customer's range."""
    MERCHANT = 2
    """A merchant is compromised for some days: strangers' cards are charged there."""
    CREDENTIALS = 3
    """A customer's credentials are stolen for some days and spent wherever goods resell."""


class Transaction(NamedTuple):
    """One payment; `amount` in minor units, `occurred_at` in microseconds of UTC."""

    transaction_id: int
    occurred_at: int
    customer: int
    merchant: int
    amount: int
    fraud: bool
    scenario: int

    @property
    def debtor(self) -> str:
        """The customer's account id."""
        return f"customer-{self.customer}"

    @property
    def creditor(self) -> str:
        """The merchant's account id."""
        return f"merchant-{self.merchant}"


class Day(NamedTuple):
    """A day's payments as columns, in order of time."""

    transaction_id: Ints
    occurred_at: Ints
    customer: Ints
    merchant: Ints
    amount: Ints
    scenario: Ints

    def rows(self) -> Iterator[Transaction]:
        """The same, one by one."""
        columns = (c.tolist() for c in self)
        for i, at, customer, merchant, amount, scenario in zip(*columns, strict=True):
            yield Transaction(i, at, customer, merchant, amount, scenario > 0, scenario)


TRANSACTIONS_PER_DAY_MAX = 10_000_000
"""A transaction's id is its day's number times this plus its place in the day."""

AMOUNT_MIN = 50
"""Minor units."""


class _Incidents(NamedTuple):
    who: Ints
    first_day: Ints
    days: Ints
    strength: Floats

    def on(self, day: int) -> tuple[Ints, Floats]:
        running = (self.first_day <= day) & (day < self.first_day + self.days)
        return self.who[running], self.strength[running]


_Columns = tuple[Ints, Ints, Floats, Floats, Scenario]


class World:
    """A world's payments, drawn a day at a time."""

    def __init__(self, settings: WorldSettings) -> None:
        self.settings = settings
        rng = default_rng([settings.seed, 0])
        self.habits = Habits(settings, rng)
        self._compromised = self._incidents(rng, settings.merchants, 0.0004, 12)
        self._stolen = self._incidents(rng, settings.customers, 0.0007, 10)

    def days(self) -> Iterator[Day]:
        """Each day's payments, first day first."""
        return (self.day(number) for number in range(self.settings.days))

    def rows(self) -> Iterator[Transaction]:
        """All payments in order of time."""
        for day in self.days():
            yield from day.rows()

    def day(self, number: int) -> Day:
        """The payments of day `number`, from 0."""
        rng = default_rng([self.settings.seed, 1, number])
        parts: list[_Columns] = [(*self.habits.honest_day(rng, number), Scenario.NONE)]
        if self.settings.fraud:
            parts.append(self._out_of_range(rng, parts[0]))
            parts.append(self._at_compromised(rng, number))
            parts.append(self._with_stolen(rng, number))
        customer, merchant, hour, amount = (
            np.concatenate([part[i] for part in parts]) for i in range(4)
        )
        scenario = np.repeat([part[4] for part in parts], [len(part[0]) for part in parts])
        day = (self.settings.start - date(1970, 1, 1)).days + number
        at = day * DAY_US + (hour % 24 / 24 * DAY_US).astype(np.int64)
        order = np.argsort(at, kind="stable")
        minor = np.maximum(np.rint(amount * 100), AMOUNT_MIN).astype(np.int64)
        ids = number * TRANSACTIONS_PER_DAY_MAX + np.arange(len(order))
        return Day(ids, *(c[order] for c in (at, customer, merchant, minor, scenario)))

    def _incidents(self, rng: Generator, among: int, per_day: float, days_max: int) -> _Incidents:
        days = self.settings.days
        n = rng.poisson(among * per_day * self.settings.fraud * (days + days_max))
        return _Incidents(
            rng.integers(0, among, n),
            rng.integers(-days_max, max(days, 1), n),
            rng.integers(2, days_max + 1, n),
            rng.lognormal(0, 0.7, n),
        )

    def _out_of_range(self, rng: Generator, honest: _Columns) -> _Columns:
        """Some customers' cards once more, far above what they usually spend."""
        chosen = rng.random(len(honest[0])) < 0.0008 * self.settings.fraud
        customer, merchant, hour = honest[0][chosen], honest[1][chosen], honest[2][chosen]
        n = len(customer)
        usual = self.habits.ticket[customer] * rng.uniform(5, 20, n)
        return (
            customer,
            merchant,
            hour,
            np.maximum(usual, rng.uniform(200, 900, n)),
            Scenario.AMOUNT,
        )

    def _at_compromised(self, rng: Generator, number: int) -> _Columns:
        """Up to a multiple of the merchant's own volume, on cards of anybody."""
        habits = self.habits
        who, strength = self._compromised.on(number)
        volume = habits.popularity[who] / habits.popularity.sum() * habits.rate.sum()
        merchant = np.repeat(who, rng.poisson(strength * (2 + volume.clip(max=60))))
        n = len(merchant)
        customer = rng.integers(0, self.settings.customers, n)
        amount = habits.amounts(rng, customer, merchant) * rng.uniform(1.5, 4, n)
        hour = habits.hours(rng, customer, restless=0.5)
        return customer, merchant, hour, amount, Scenario.MERCHANT

    def _with_stolen(self, rng: Generator, number: int) -> _Columns:
        """A few large payments a day of the customer's, at any merchant."""
        habits = self.habits
        who, strength = self._stolen.on(number)
        persons = ~habits.business[who]
        customer = np.repeat(who[persons], rng.poisson(1.2 * strength[persons]))
        n = len(customer)
        merchant = habits.anywhere(rng, n)
        amount = habits.amounts(rng, customer, merchant) * rng.uniform(3, 7, n)
        hour = habits.hours(rng, customer, restless=0.5)
        return customer, merchant, hour, amount, Scenario.CREDENTIALS
