"""How people and businesses of a made-up world live and pay when nobody cheats.

People live in towns and shop mostly there, at a handful of favourite merchants, at hours and in
amounts of their own; a few businesses pay all day long. Life is uneven: there are shopping
sprees and now and then a large purchase.
"""

from datetime import date

import numpy as np
from msgspec import Struct
from numpy.random import Generator
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class WorldSettings(Struct, frozen=True, kw_only=True):
    """How large a world is and how it behaves."""

    seed: int = 1
    customers: int = 5_000
    merchants: int = 2_000
    days: int = 30
    start: date = date(2025, 1, 6)
    payments_per_day: float = 1.6
    """Of an average person; businesses have their own rate."""
    businesses: float = 0.002
    """Share of the customers that pay like a machine, tens to hundreds of times a day."""
    fraud: float = 1.0
    """Multiplies how often each kind of fraud begins; 0: an honest world."""


_FAVOURITES = 12
_FAVOURITE_STEPS = np.cumsum(1 / np.arange(1, _FAVOURITES + 1))
_REACH_KM = 8.0
_WEEKDAYS = np.array([0.92, 0.94, 0.98, 1.02, 1.2, 1.24, 0.7])
_PEAKS = np.array([8.6, 12.9, 18.3])  # hours of UTC
_PEAK_WIDTHS = np.array([1.3, 2.0, 2.4])


class Habits:
    """Places, tastes and rates; some 200 bytes a customer."""

    def __init__(self, settings: WorldSettings, rng: Generator) -> None:
        self.settings = s = settings
        towns = max(3, s.customers // 250)
        sizes = rng.dirichlet(np.full(towns, 1.5))
        self.places = rng.uniform(0, 100, (towns, 2))  # km
        self.customer_town = rng.choice(towns, s.customers, p=sizes)
        self.merchant_town = np.sort(rng.choice(towns, s.merchants, p=sizes))
        self.ticket = np.clip(rng.lognormal(np.log(38), 0.6, s.customers), 4, 110)
        self.rate = rng.gamma(2.0, s.payments_per_day / 2, s.customers)  # a day
        self.business = np.arange(s.customers) < round(s.businesses * s.customers)
        count = int(self.business.sum())
        self.ticket[:count] = np.clip(rng.lognormal(np.log(110), 0.8, count), 10, 900)
        self.rate[:count] = np.clip(rng.lognormal(np.log(70), 0.9, count), 15, 900)
        self._evenness = rng.uniform(3.0, 9.0, s.customers)  # shape of a gamma
        self._shift = rng.normal(0, 1.0, s.customers)  # hours
        self._level = rng.lognormal(0, 0.25, s.merchants)  # how dear a merchant is
        self.popularity = rng.pareto(1.5, s.merchants) + 0.3
        self._popularity_steps = np.cumsum(self.popularity)
        self._favourites = self._choose_favourites(rng)

    def honest_day(self, rng: Generator, number: int) -> tuple[Ints, Ints, Floats, Floats]:
        """Customer, merchant, hour and amount (major units) of each payment of a day."""
        s = self.settings
        weekday = (s.start.weekday() + number) % 7
        mood = np.where(self.business, 1.0, rng.gamma(2.5, 1 / 2.5, s.customers))
        rate = self.rate * mood * _WEEKDAYS[weekday]
        rate[self.business] *= 0.3 if weekday >= 5 else 1.0
        customer = np.repeat(np.arange(s.customers), rng.poisson(rate))
        n = len(customer)
        drawn = rng.random(n) * _FAVOURITE_STEPS[-1]
        merchant = self._favourites[customer, np.searchsorted(_FAVOURITE_STEPS, drawn)]
        roaming = rng.random(n) < 0.1
        merchant[roaming] = self.anywhere(rng, int(roaming.sum()))
        hour = self.hours(rng, customer, restless=0.1)
        amount = self.amounts(rng, customer, merchant)
        large = rng.random(n) < 0.0008
        amount[large] *= rng.uniform(2, 5, int(large.sum()))
        return customer, merchant, hour, amount

    def amounts(self, rng: Generator, customer: Ints, merchant: Ints) -> Floats:
        """What the customers would spend at the merchants, in major units."""
        shape = self._evenness[customer]
        return rng.gamma(shape) / shape * self.ticket[customer] * self._level[merchant]

    def hours(self, rng: Generator, customer: Ints, restless: float) -> Floats:
        """When the customers pay, in hours of UTC; a share of `restless` at any hour."""
        n = len(customer)
        peak = rng.choice(3, n, p=(0.2, 0.35, 0.45))
        usual = rng.normal(_PEAKS[peak] + self._shift[customer], _PEAK_WIDTHS[peak])
        return np.where(rng.random(n) < restless, rng.uniform(0, 24, n), usual)

    def anywhere(self, rng: Generator, n: int) -> Ints:
        """Merchants by popularity alone."""
        return self._at_step(rng.random(n) * self._popularity_steps[-1])

    def _choose_favourites(self, rng: Generator) -> Ints:
        """Merchants of the customer's own town and, the nearer the likelier, of others."""
        towns = len(self.places)
        shape = (self.settings.customers, _FAVOURITES)
        bounds = np.searchsorted(self.merchant_town, np.arange(towns + 1))
        distance = np.hypot(*(self.places[:, None] - self.places[None]).transpose(2, 0, 1))
        reach = np.exp(-distance / _REACH_KM) * np.diff(bounds) + 1e-12
        steps = np.cumsum(reach / reach.sum(1, keepdims=True), 1) + np.arange(towns)[:, None]
        own = self.customer_town[:, None]
        town = np.searchsorted(steps.ravel(), own + rng.random(shape)) - own * towns
        town = town.clip(0, towns - 1)
        popularity = np.concatenate([[0.0], self._popularity_steps])
        low, high = popularity[bounds[town]], popularity[bounds[town + 1]]
        return self._at_step(low + rng.random(shape) * (high - low))

    def _at_step(self, drawn: Floats) -> Ints:
        chosen = np.searchsorted(self._popularity_steps, drawn, side="right")
        return chosen.clip(max=self.settings.merchants - 1)
