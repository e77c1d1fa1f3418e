"""An account by the documented rules."""

from typing import Any

BALANCE_MAX = 2**53 - 1
"""Of a client's account."""
AMOUNT_MAX = 10**15
LIMITS = ("payment_max", "daily_amount_max", "daily_count_max")


class Account:
    """Minor units. A limit of 0 is none; a day is a UTC day, as `2026-03-01`."""

    def __init__(self, id: str, currency: str, credit_line: int, limits: dict[str, int]) -> None:
        self.id = id
        self.currency = currency
        self.credit_line = credit_line
        self.limits = {name: limits.get(name, 0) for name in LIMITS}
        self.asked_first = (currency, credit_line, dict(self.limits))
        self.state = "open"
        self.posted = 0
        self.held = 0
        self.entries: list[dict[str, Any]] = []
        """Its statement, oldest first, as far as it can be predicted."""
        self._day = ""
        self._day_amount = 0
        self._day_count = 0

    @property
    def available(self) -> int:
        return self.posted - self.held + self.credit_line

    def settings(self) -> tuple[str, int, dict[str, int]]:
        """What opening it again is compared with."""
        return self.currency, self.credit_line, dict(self.limits)

    def over_limit(self, amount: int, day: str) -> str:
        """The decline reason of the first limit that a payment breaks, or nothing."""
        self._turn(day)
        asked = {
            "payment_max": ("payment_limit", amount),
            "daily_amount_max": ("daily_amount_limit", self._day_amount + amount),
            "daily_count_max": ("daily_count_limit", self._day_count + 1),
        }
        for name, (reason, reached) in asked.items():
            if self.limits[name] and reached > self.limits[name]:
                return reason
        return ""

    def left_today(self, day: str) -> int:
        """Of the daily amount; below zero when the limit came later."""
        self._turn(day)
        return self.limits["daily_amount_max"] - self._day_amount

    def count(self, amount: int, day: str) -> None:
        """A payment was authorised."""
        self._turn(day)
        self._day_amount += amount
        self._day_count += 1

    def give_back(self, amount: int, day: str, whole: bool, today: str) -> None:
        """A hold of `day` was released; `whole`: nothing of it had been captured."""
        self._turn(today)
        if day == self._day:
            self._day_amount -= amount
            self._day_count -= whole

    def enter(self, payment: str | None, posted: int, held: int) -> None:
        """A line of the statement, with the balances after it."""
        self.posted += posted
        self.held += held
        self.entries.append(
            {
                "payment": payment, "amount": posted, "held_amount": held,
                "currency": self.currency, "posted": self.posted, "held": self.held,
            }
        )  # fmt: skip

    def view(self) -> dict[str, Any]:
        """As `GET /v1/accounts/{account}` tells it."""
        return {
            "id": self.id, "currency": self.currency, "state": self.state, "posted": self.posted,
            "held": self.held, "available": self.available, "credit_line": self.credit_line,
            "limits": dict(self.limits),
        }  # fmt: skip

    def _turn(self, day: str) -> None:
        if day > self._day:
            self._day, self._day_amount, self._day_count = day, 0, 0
