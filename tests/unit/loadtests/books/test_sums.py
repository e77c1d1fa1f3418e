"""Sums find what is lost, doubled, invented or overdrawn."""

from typing import Any

from headrace.loadtests.books import sums


def _payment(key: str, amount: int = 10, **more: Any) -> dict[str, Any]:
    return {
        "id": f"p-{key}", "idempotency_key": key, "status": "settled", "debtor": "a",
        "creditor": "b", "captured_amount": amount, "refunded_amount": 0, "held_amount": 0, **more,
    }  # fmt: skip


TOLD = {"k1": {"id": "p-k1", "status": "settled"}, "k2": {"id": "p-k2", "status": "authorized"}}
FOUND = [_payment("k1"), _payment("k2")]


def test_what_was_acknowledged_is_there_once_and_nothing_else() -> None:
    assert not sums.payments(TOLD, FOUND)
    assert sums.payments(TOLD, FOUND[:1])
    assert sums.payments(TOLD, [*FOUND, FOUND[0]])
    assert sums.payments(TOLD, [*FOUND, _payment("k3")])
    assert sums.payments(TOLD, [FOUND[0], {**FOUND[1], "id": "p-other"}])
    assert sums.payments(TOLD, [{**FOUND[0], "status": "declined"}, FOUND[1]])


def test_balances_are_what_payments_moved() -> None:
    opened = {"a": 100, "b": 0}
    right = [{"id": "a", "posted": 80, "held": 0}, {"id": "b", "posted": 20, "held": 0}]
    assert not sums.balances(opened, FOUND, right)
    assert sums.balances(opened, FOUND, [{**right[0], "posted": 79}, right[1]])
    assert sums.balances(opened, FOUND, [{**right[0], "held": 1}, right[1]])


def test_an_overdrawn_moment_is_found() -> None:
    entry = {"id": "1:1", "posted": 5, "held": 6, "amount": 0, "held_amount": 6}
    assert sums.overdrawn([entry], 0)
    assert not sums.overdrawn([entry], 1)
