"""A new payment that is declined: every reason and limit by name."""

import pytest
from scene import (
    ACCEPTED,
    ANNA,
    DAY,
    FROM_0,
    NOBODY_ANSWERED,
    NOON,
    REJECTED,
    REVIEWED,
    Written,
    record,
)
from scene_of_payments import KEYED, done

from headrace.runtime.clock import DAY_US
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.risk.windows import Windows

# Declines

DECLINES = [
    (D.PAYMENT_LIMIT, {"payment_max": 99}, ACCEPTED),
    (D.DAILY_AMOUNT_LIMIT, {"daily_amount_max": 99}, ACCEPTED),
    (D.DAILY_COUNT_LIMIT, {"daily_count_max": 1, "day": DAY, "day_count": 1}, ACCEPTED),
    (D.RISK_REJECTED, {}, REJECTED),
    (D.RISK_UNAVAILABLE, {}, NOBODY_ANSWERED),
    (D.INSUFFICIENT_FUNDS, {"held": 401}, ACCEPTED),
]


@pytest.mark.parametrize(("reason", "settings", "risk"), DECLINES)
@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize("creditor", ["shop", "bert", "far"])
def test_a_declined_payment_is_an_answer_that_moves_nothing(
    scene, reason, settings, risk, manual, creditor
):
    anna = scene.anna(500, **settings)
    number = {"shop": scene.shop, "bert": scene.bert, "far": scene.far}[creditor]().number
    counted = anna.day_amount, anna.day_count
    answer = scene.pay(100, creditor=creditor, risk=risk, manual_capture=manual)
    scored = {"risk_score": risk.score, "risk_flags": risk.flags, "risk_model": risk.model}
    assert answer == done(answer, S.DECLINED, reason=reason, **scored)
    declined = record(
        K.DECLINED, state=S.DECLINED, reason=reason, debit=ANNA, debit_posted=500,
        debit_held=anna.held, creditor=number, payment=answer.payment,
        leg=NO_LEG if manual else 0, **KEYED, **scored,
    )  # fmt: skip
    assert scene.written() == Written([declined], FROM_0, accounts={ANNA}, keys=[(1, "key-1")])
    assert scene.moved() == {}
    assert (anna.day_amount, anna.day_count) == counted
    assert anna.windows.state == Windows().state


@pytest.mark.parametrize(
    ("posted", "held", "line", "state"),
    [
        (100, 0, 0, S.SETTLED),
        (99, 0, 0, S.DECLINED),
        (101, 1, 0, S.SETTLED),
        (101, 2, 0, S.DECLINED),
        (0, 0, 100, S.SETTLED),
        (0, 0, 99, S.DECLINED),
        (-40, 10, 150, S.SETTLED),
        (-40, 10, 149, S.DECLINED),
        (0, 0, 0, S.DECLINED),
    ],
)
def test_what_is_available_may_be_spent_to_the_last_cent(scene, posted, held, line, state):
    anna = scene.anna(posted, held=held, credit_line=line)
    scene.shop()
    assert scene.pay(100).state == state
    assert scene.moved() == ({"anna": (-100, 0), "shop": (100, 0)} if state == S.SETTLED else {})
    assert scene.records()[0].debit_posted == anna.posted
    assert anna.available >= 0


@pytest.mark.parametrize("creditor", ["shop", "bert", "far"])
def test_what_is_held_cannot_be_held_again(scene, creditor):
    scene.anna(199)
    {"shop": scene.shop, "bert": scene.bert, "far": scene.far}[creditor]()
    assert scene.pay(100, creditor=creditor, manual_capture=True).state == S.AUTHORIZED
    assert scene.pay(100, creditor=creditor).reason == D.INSUFFICIENT_FUNDS
    assert scene.pay(99, creditor=creditor).reason == D.NONE


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("payment_max", 99, D.PAYMENT_LIMIT),
        ("payment_max", 100, D.NONE),
        ("payment_max", 101, D.NONE),
        ("daily_amount_max", 149, D.DAILY_AMOUNT_LIMIT),
        ("daily_amount_max", 150, D.NONE),
        ("daily_amount_max", 151, D.NONE),
        ("daily_count_max", 1, D.DAILY_COUNT_LIMIT),
        ("daily_count_max", 2, D.DAILY_COUNT_LIMIT),
        ("daily_count_max", 3, D.NONE),
    ],
)
@pytest.mark.parametrize("manual", [False, True])
def test_each_limit_is_kept_at_its_edge(scene, setting, value, reason, manual):
    scene.anna(500, day=DAY, day_amount=50, day_count=2, **{setting: value})
    scene.shop()
    assert scene.pay(100, manual_capture=manual).reason == reason


def test_payments_of_one_batch_count_together(scene):
    anna = scene.anna(500, daily_amount_max=250, daily_count_max=2)
    scene.shop()
    assert [scene.pay(100).reason for _ in range(3)] == [D.NONE, D.NONE, D.DAILY_AMOUNT_LIMIT]
    assert scene.pay(50).reason == D.DAILY_COUNT_LIMIT
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 200, 2)


@pytest.mark.parametrize("kind", ["paid", "held", "reviewed", "sent"])
def test_every_authorised_payment_counts_towards_the_day(scene, kind):
    anna = scene.anna(500, daily_amount_max=1_000)
    scene.shop()
    scene.far()
    scene.pay(
        100, creditor="far" if kind == "sent" else "shop", manual_capture=kind == "held",
        risk=REVIEWED if kind == "reviewed" else ACCEPTED,
    )  # fmt: skip
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 100, 1)


def test_at_midnight_the_day_starts_anew(scene):
    anna = scene.anna(500, daily_count_max=1, day=DAY - 1, day_amount=70, day_count=1)
    scene.shop()
    scene.book.partitions[0].at = 0
    scene.now = DAY * DAY_US - 1
    assert scene.pay(100).reason == D.DAILY_COUNT_LIMIT
    scene.now = DAY * DAY_US
    assert scene.pay(100).reason == D.NONE
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 100, 1)


def test_the_day_is_the_decisions_whatever_the_payment_says(scene):
    scene.anna(500, daily_count_max=1, day=DAY, day_count=1)
    scene.shop()
    assert scene.pay(100, occurred_at=NOON - DAY_US).reason == D.DAILY_COUNT_LIMIT
    assert scene.pay(100, occurred_at=NOON + DAY_US).reason == D.DAILY_COUNT_LIMIT


def test_the_day_is_of_the_later_of_both_partitions(scene):
    scene.anna(500, daily_count_max=1, day=DAY - 1, day_count=1)
    scene.bert()
    scene.now, scene.book.partitions[0].at = DAY * DAY_US - 9, 0
    scene.book.partitions[1].at = DAY * DAY_US
    assert scene.pay(100, creditor="bert").reason == D.NONE


def test_what_is_not_counted_is_not_counted(scene):
    """Where no limit of a day was set the ledger was not asked."""
    anna = scene.anna(500, counts=False, payment_max=100)
    scene.shop()
    assert scene.pay(101).reason == D.PAYMENT_LIMIT
    scene.pay(100)
    assert (anna.day_amount, anna.day_count) == (0, 0)


def test_a_limit_set_in_the_batch_counts_what_was_paid_before_it(scene):
    """Fifty in fifty payments, and only then a limit of fifty a day."""
    scene.anna(500)
    scene.shop()
    assert all(scene.pay(1).state == S.SETTLED for _ in range(50))
    scene.change(daily_amount_max=50)
    assert scene.pay(1).reason == D.DAILY_AMOUNT_LIMIT


def test_risk_remembers_what_was_authorised_when_it_occurred(scene):
    anna = scene.anna(500)
    scene.shop()
    scene.pay(100, occurred_at=NOON - DAY_US)
    expected = Windows()
    expected.observe(NOON - DAY_US, 100)
    assert anna.windows.state == expected.state


def test_an_account_without_windows_pays_all_the_same(scene):
    scene.anna(500).windows = None
    scene.shop()
    assert scene.pay(100).state == S.SETTLED
