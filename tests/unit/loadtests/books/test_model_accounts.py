"""The client's model of accounts says what the reference says."""

import pytest

from .conftest import Kept

MONEY = {"amount": 1, "currency": "EUR"}


def test_opening_again_is_compared_with_what_was_asked_first(kept: Kept) -> None:
    kept.books.change("a", {"credit_line": 50}).effect({})
    assert kept.books.open({"id": "a", "currency": "EUR"}).status == 200
    other = {"id": "a", "currency": "EUR", "credit_line": 51}
    assert kept.books.open(other).code == "account_exists"


@pytest.mark.parametrize(
    ("state", "deposit", "withdrawal", "from_it", "to_it"),
    [
        ("open", "", "", "", ""),
        ("frozen", "", "account_frozen", "account_frozen", ""),
        ("closed", "account_closed", "account_closed", "account_closed", "account_closed"),
    ],
)
def test_what_an_account_does_in_each_state(
    kept: Kept, state: str, deposit: str, withdrawal: str, from_it: str, to_it: str
) -> None:
    kept.open("c")
    if state != "closed":
        kept.books.fund("c", MONEY, "money", deposit=True).effect({})
    kept.books.set_state("c", state).effect({})
    assert kept.books.fund("c", MONEY, "k1", deposit=True).code == deposit
    assert kept.books.fund("c", MONEY, "k2", deposit=False).code == withdrawal
    out = {"debtor": "c", "creditor": "a", **MONEY}
    back = {"debtor": "a", "creditor": "c", **MONEY}
    assert kept.books.pay(out, "k3", "2026-03-01").code == from_it
    assert kept.books.pay(back, "k4", "2026-03-01").code == to_it


def test_an_account_with_money_is_not_closed(kept: Kept) -> None:
    assert kept.books.set_state("a", "closed").code == "balance_not_zero"
    assert kept.books.set_state("b", "closed").status == 200


def test_a_withdrawal_goes_as_far_as_the_credit_line(kept: Kept) -> None:
    kept.books.change("a", {"credit_line": 5}).effect({})
    body = {"amount": 1_006, "currency": "EUR"}
    assert kept.books.fund("a", body, "w", deposit=False).code == "insufficient_funds"
    assert kept.books.fund("a", {**body, "amount": 1_005}, "w", deposit=False).status == 201


def test_a_statement_has_every_change_once(kept: Kept) -> None:
    held = kept.pay(100, capture="manual")
    kept.books.capture(held, {"amount": 60}, "c", "2026-03-01").effect({})
    changes = [(e["amount"], e["held_amount"]) for e in kept.books.accounts["a"].entries]
    assert changes == [(1_000, 0), (0, 100), (-60, -60), (0, -40)]
    assert kept.books.accounts["a"].entries[-1]["posted"] == 940
