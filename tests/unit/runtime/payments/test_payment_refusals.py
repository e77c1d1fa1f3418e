"""A new payment that is refused, each rule by name, or that has no room."""

import pytest
from scene import (
    ACCEPTED,
    CLOSED,
    DAY,
    EUR,
    FROZEN,
    OPEN,
    OUT_0,
    REJECTED,
    USD,
)

from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.answer import Refused
from headrace.runtime.refusals import Refusal as R

# Refusals


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"debtor": "nobody"}, Refused(R.UNKNOWN_ACCOUNT, "debtor")),
        ({"creditor": "nobody"}, Refused(R.UNKNOWN_ACCOUNT, "creditor")),
        ({"debtor": "far"}, Refused(R.UNKNOWN_ACCOUNT, "debtor")),
        ({"tenant": 2}, Refused(R.UNKNOWN_ACCOUNT, "debtor")),
        ({"currency": USD}, Refused(R.CURRENCY_MISMATCH, "debtor")),
    ],
)
def test_a_request_that_names_what_is_not_there(scene, fields, refused):
    scene.anna(500)
    scene.shop()
    scene.far()
    with scene.unchanged():
        assert scene.pay(200, **fields) == refused


@pytest.mark.parametrize("creditor", ["shop", "bert", "far"])
def test_a_creditor_in_another_currency(scene, creditor):
    scene.anna(500)
    {"shop": scene.shop, "bert": scene.bert, "far": scene.far}[creditor](currency=USD)
    with scene.unchanged():
        assert scene.pay(200, creditor=creditor) == Refused(R.CURRENCY_MISMATCH, "creditor")


def test_a_debtor_in_another_currency(scene):
    scene.anna(500, currency=USD)
    scene.shop()
    with scene.unchanged():
        assert scene.pay(200) == Refused(R.CURRENCY_MISMATCH, "debtor")


STATES = [
    (OPEN, OPEN, None),
    (OPEN, FROZEN, None),
    (OPEN, CLOSED, Refused(R.ACCOUNT_CLOSED, "creditor")),
    (FROZEN, OPEN, Refused(R.ACCOUNT_FROZEN, "debtor")),
    (FROZEN, FROZEN, Refused(R.ACCOUNT_FROZEN, "debtor")),
    (FROZEN, CLOSED, Refused(R.ACCOUNT_FROZEN, "debtor")),
    (CLOSED, OPEN, Refused(R.ACCOUNT_CLOSED, "debtor")),
    (CLOSED, FROZEN, Refused(R.ACCOUNT_CLOSED, "debtor")),
    (CLOSED, CLOSED, Refused(R.ACCOUNT_CLOSED, "debtor")),
]


@pytest.mark.parametrize(("debtor", "creditor", "refused"), STATES)
@pytest.mark.parametrize("manual", [False, True])
def test_the_states_of_both_accounts(scene, debtor, creditor, refused, manual):
    scene.anna(500, state=debtor)
    scene.shop(state=creditor)
    if refused is None:
        assert scene.pay(200, manual_capture=manual).seq == 101
        return
    with scene.unchanged():
        assert scene.pay(200, manual_capture=manual) == refused


@pytest.mark.parametrize("debtor", [OPEN, FROZEN, CLOSED])
@pytest.mark.parametrize("closed", [False, True])
def test_the_states_of_a_debtor_and_a_creditor_of_another_actor(scene, debtor, closed):
    scene.anna(500, state=debtor)
    scene.far(closed=closed)
    wrong = {FROZEN: R.ACCOUNT_FROZEN, CLOSED: R.ACCOUNT_CLOSED}.get(debtor)
    if wrong is None and not closed:
        assert scene.pay(200, creditor="far").state == S.AUTHORIZED
        return
    refused = Refused(wrong, "debtor") if wrong else Refused(R.ACCOUNT_CLOSED, "creditor")
    with scene.unchanged():
        assert scene.pay(200, creditor="far") == refused


def answered(scene, fields, expected):
    """A payment of 100 is refused, with nothing changed, or declined for a reason."""
    if not isinstance(expected, Refused):
        answer = scene.pay(100, **fields)
        assert (answer.state, answer.reason) == (S.DECLINED, expected)
        return
    with scene.unchanged():
        answer = scene.pay(100, **fields)
    assert (answer.refusal, answer.field) == (expected.refusal, expected.field)


def test_rules_have_an_order_and_each_shows_when_those_before_are_kept(scene):
    """A request that breaks all of them, mended one by one."""
    fields = {"key": "used", "fingerprint": 77, "currency": USD, "risk": None}
    scene.anna(1_000)
    scene.shop()
    scene.pay(10, key="used", fingerprint=76)
    anna, shop = scene.book.by_id.pop((1, "anna")), scene.book.by_id.pop((1, "shop"))
    anna.state = shop.state = CLOSED
    anna.payment_max, anna.daily_amount_max, anna.daily_count_max = 99, 99, 1
    anna.day, anna.day_amount, anna.day_count, anna.posted = DAY, 10, 1, 99
    shop.posted, shop.currency = 2**63 - 1, USD

    def meets(expected):
        answered(scene, fields, expected)

    meets(Refused(R.KEY_REUSED))
    del fields["key"]
    meets(Refused(R.UNKNOWN_ACCOUNT, "debtor"))
    scene.book.by_id[1, "anna"] = anna
    meets(Refused(R.UNKNOWN_ACCOUNT, "creditor"))
    scene.book.by_id[1, "shop"] = shop
    meets(Refused(R.CURRENCY_MISMATCH, "debtor"))
    fields["currency"] = EUR
    meets(Refused(R.CURRENCY_MISMATCH, "creditor"))
    shop.currency = EUR
    meets(Refused(R.ACCOUNT_CLOSED, "debtor"))
    anna.state = FROZEN
    meets(Refused(R.ACCOUNT_FROZEN, "debtor"))
    anna.state = OPEN
    meets(Refused(R.ACCOUNT_CLOSED, "creditor"))
    shop.state = OPEN
    meets(Refused(R.AMOUNT_TOO_LARGE, "amount"))
    shop.posted = 0
    meets(Refused(R.UNAVAILABLE))
    fields["risk"] = REJECTED
    meets(D.PAYMENT_LIMIT)
    anna.payment_max = 100
    meets(D.DAILY_AMOUNT_LIMIT)
    anna.daily_amount_max = 110
    meets(D.DAILY_COUNT_LIMIT)
    anna.daily_count_max = 2
    meets(D.RISK_REJECTED)
    fields["risk"] = ACCEPTED
    meets(D.INSUFFICIENT_FUNDS)
    anna.posted = 100
    assert scene.pay(100, **fields).state == S.SETTLED


# Nobody judged it; there is no room


@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize("creditor", ["shop", "bert", "far"])
def test_without_a_verdict_nothing_is_paid_held_or_declined(scene, manual, creditor):
    scene.anna(500)
    {"shop": scene.shop, "bert": scene.bert, "far": scene.far}[creditor]()
    with scene.unchanged():
        answer = scene.pay(100, creditor=creditor, risk=None, manual_capture=manual, key="k")
    assert answer == Refused(R.UNAVAILABLE, "", "risk has not judged it yet")
    assert scene.pay(100, creditor=creditor, key="k").reason == D.NONE


@pytest.mark.parametrize("creditor", ["shop", "bert"])
@pytest.mark.parametrize("manual", [False, True])
@pytest.mark.parametrize(("short_by", "fits"), [(99, False), (100, True), (101, True)])
def test_a_creditors_balance_stays_within_its_bound(scene, creditor, manual, short_by, fits):
    scene.anna(500)
    {"shop": scene.shop, "bert": scene.bert}[creditor](BALANCE_MAX - short_by)
    if fits:
        assert scene.pay(100, creditor=creditor, manual_capture=manual).reason == D.NONE
        return
    with scene.unchanged():
        answer = scene.pay(100, creditor=creditor, manual_capture=manual)
    detail = "the creditor's balance would pass its bound"
    assert answer == Refused(R.AMOUNT_TOO_LARGE, "amount", detail)


def test_what_may_come_back_to_a_creditor_has_its_room(scene):
    scene.anna(500)
    scene.shop(BALANCE_MAX)
    scene.far()
    sent = scene.pay(100, debtor="shop", creditor="far")
    assert scene.pay(1).refusal == R.AMOUNT_TOO_LARGE
    scene.settle_legs(scene.leg(sent))
    assert scene.pay(100).state == S.SETTLED
    assert scene.pay(1).refusal == R.AMOUNT_TOO_LARGE


@pytest.mark.parametrize(("most", "fits"), [(1, False), (2, False), (3, True)])
def test_open_legs_have_a_bound(scene, most, fits):
    scene.anna(500)
    scene.shop()
    scene.far()
    for _ in range(2):
        scene.pay(10, creditor="far")
    scene.book.open_legs_max = most
    if fits:
        assert scene.pay(10, creditor="far").state == S.AUTHORIZED
        return
    for risk in (ACCEPTED, None):
        with scene.unchanged():
            answer = scene.pay(10, creditor="far", risk=risk)
        detail = "too much is on its way to accounts elsewhere"
        assert answer == Refused(R.OVERLOADED, "", detail)
    assert scene.pay(10).state == S.SETTLED


def test_transit_goes_past_64_bits(scene):
    scene.anna(500)
    scene.far()
    scene.book.accounts[OUT_0].posted = 2**63 - 1
    scene.pay(100, creditor="far")
    (debited,) = scene.records()
    assert scene.book.accounts[OUT_0].posted == debited.credit_posted == -(2**63) + 99
