"""The judges of the event stream find what is missing, doubled, out of order or over a limit."""

from typing import Any

from headrace.loadtests.books import stream

LIMITS = {"payment_max": 0, "daily_amount_max": 0, "daily_count_max": 0}


def _event(id: str, kind: str, subject: str = "p1", **data: Any) -> dict[str, Any]:
    return {
        "id": id, "type": f"com.headrace.{kind}", "subject": subject,
        "time": f"2026-03-01T12:00:0{id[-1]}Z", "data": data,
    }  # fmt: skip


def _paid(
    seq: int, amount: int, reason: str | None = None, decided: int | None = None
) -> dict[str, Any]:
    more: dict[str, Any] = {"decline_reason": reason} if reason else {}
    more["occurred_at"] = f"2026-03-01T12:00:0{seq if decided is None else decided}Z"
    kind = "payment.declined" if reason else "payment.settled"
    return _event(
        f"1:{seq}", kind, f"p{seq}", debtor="a", amount=amount, capture="automatic", **more
    )


def _changed(seq: int, **limits: int) -> dict[str, Any]:
    return _event(f"1:{seq}", "account.changed", "a", **{**LIMITS, **limits})


def test_events_come_once_and_in_order() -> None:
    right = [
        {**_event("x", "a.b", "p1"), "time": "1"},
        {**_event("a", "a.b", "p2"), "time": "0"},
        {**_event("b", "a.b", "p1"), "time": "2"},
    ]
    assert not stream.order(right)
    assert stream.order([*right, right[1]])
    assert stream.order([right[2], right[0]])


def test_a_payment_begins_once_and_ends_as_it_stands() -> None:
    right = [
        _event("1:1", "payment.held", status="authorized", capture="manual"),
        _event("1:2", "payment.captured", status="settled"),
    ]
    assert not stream.payments(right, {"p1": "settled"})
    assert stream.payments(right, {"p1": "refunded"})
    assert stream.payments(right, {"p1": "settled", "p2": "settled"})
    assert stream.payments(right[1:], {"p1": "settled"})
    assert stream.payments([right[0], *right], {"p1": "settled"})


def test_nothing_is_missing_after_a_position() -> None:
    events = [_event(f"1:{n}", "a.b") for n in range(1, 5)]
    assert not stream.continued(events, events[2:], 1)
    assert stream.continued(events, events[3:], 1)


def test_a_limit_that_was_set_before_is_never_passed() -> None:
    free = [_paid(1, 5_000), _changed(2, daily_amount_max=5_000)]
    assert not stream.limits([*free, _paid(3, 1, "daily_amount_limit")], "a")
    assert stream.limits([*free, _paid(3, 1)], "a")
    assert not stream.limits([*free, _changed(3), _paid(4, 1)], "a")


def test_nobody_is_declined_for_a_limit_that_has_room() -> None:
    limited = [_changed(1, daily_count_max=2), _paid(2, 10)]
    assert not stream.limits([*limited, _paid(3, 10), _paid(4, 1, "daily_count_limit")], "a")
    assert stream.limits([*limited, _paid(3, 1, "daily_count_limit")], "a")
    assert stream.limits([*limited, _paid(3, 1, "daily_amount_limit")], "a")


def test_what_was_decided_before_a_limit_may_arrive_after_it() -> None:
    limited = _changed(2, daily_amount_max=5_000)
    assert not stream.limits([limited, _paid(3, 5_001, decided=1)], "a")
    assert stream.limits([limited, _paid(3, 5_001, decided=3)], "a")


def test_what_was_decided_in_one_moment_has_no_order() -> None:
    before = [_changed(1, daily_amount_max=100)]
    together = [_paid(5, 60, "daily_amount_limit", decided=2), _paid(6, 60, decided=2)]
    assert not stream.limits([*before, *together], "a")
    assert stream.limits([*before, *together, _paid(7, 60, decided=2)], "a")
    assert stream.limits([*before, _paid(5, 30, "daily_amount_limit", decided=2),
                          _paid(6, 60, decided=2)], "a")  # fmt: skip
