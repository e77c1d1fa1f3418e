"""A tenant's books with two accounts, and payments made in them."""

from typing import Any

import pytest

from headrace.loadtests.books.model.books import Books
from headrace.loadtests.books.model.payment import Payment

DAY = "2026-03-01"


class Kept:
    """Books, and the shortest way to do something in them."""

    def __init__(self) -> None:
        self.books = Books()
        self.done = 0

    def open(self, id: str, deposit: int = 0, **asked: Any) -> None:
        """With money in it."""
        self.books.open({"id": id, "currency": "EUR", **asked}).effect({})
        if deposit:
            self.books.fund(
                id, {"amount": deposit, "currency": "EUR"}, f"d{id}", deposit=True
            ).effect({})

    def pay(self, amount: int, key: str = "", day: str = DAY, **asked: Any) -> Payment:
        """From `a` to `b`; must not be refused."""
        self.done += 1
        body = {"debtor": "a", "creditor": "b", "amount": amount, "currency": "EUR", **asked}
        expected = self.books.pay(body, key or f"k{self.done}", day)
        assert not expected.refused, expected
        expected.effect({"id": f"p{self.done}"})
        return self.books.payments[-1]

    def balance(self, id: str) -> tuple[int, int]:
        """Posted and held."""
        account = self.books.accounts[id]
        return account.posted, account.held


@pytest.fixture
def kept() -> Kept:
    found = Kept()
    found.open("a", 1_000)
    found.open("b")
    return found
