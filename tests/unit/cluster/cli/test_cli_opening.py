from typing import Any

import pytest

from headrace.cluster.cli.client import Api
from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.items import PaymentItem
from headrace.cluster.cli.payfile.opening import Opener


def opener(deposit: str = "100.00") -> Opener:
    return Opener(Api("http://127.0.0.1:1", "hr_x"), deposit)  # nothing is sent here


def payment(debtor: str, creditor: str, currency: str = "EUR") -> PaymentItem:
    return PaymentItem("k", debtor, creditor, 1, currency)


def told(accounts: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(account["id"], account.get("opening_deposit", 0)) for account in accounts]


def test_debtors_start_with_the_deposit_and_creditors_without() -> None:
    accounts = opener().unseen([payment("a", "b"), None, payment("a", "c")])
    assert told(accounts) == [("a", 10_000), ("b", 0), ("c", 0)]


def test_accounts_are_sent_once_a_run() -> None:
    known = opener()
    known.unseen([payment("a", "b")])
    assert told(known.unseen([payment("a", "b"), payment("c", "b")])) == [("c", 10_000)]


def test_a_creditor_gets_the_deposit_when_it_first_pays() -> None:
    known = opener()
    assert told(known.unseen([payment("a", "b")])) == [("a", 10_000), ("b", 0)]
    assert told(known.unseen([payment("b", "a")])) == [("b", 10_000)]
    assert told(opener().unseen([payment("a", "b"), payment("b", "a")])) == [
        ("a", 10_000),
        ("b", 10_000),
    ]


def test_a_deposit_is_counted_in_the_payments_currency() -> None:
    assert told(opener("100").unseen([payment("a", "b", "JPY")])) == [("a", 100), ("b", 0)]
    assert told(opener("0").unseen([payment("a", "b")])) == [("a", 0), ("b", 0)]
    with pytest.raises(BadInput, match="no whole minor unit"):
        opener("100.50").unseen([payment("a", "b", "JPY")])
