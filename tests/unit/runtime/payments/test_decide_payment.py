"""A new payment at its debtor's partition: every refusal, decline and outcome by name."""

import pytest
from scene import (
    ACCEPTED,
    ANNA,
    BEFORE,
    BERT,
    CLOSED,
    DAY,
    EUR,
    FAR,
    FROM_0,
    FROM_1,
    FROZEN,
    NOBODY_ANSWERED,
    NOON,
    OPEN,
    OTHER_TRACE,
    OUT_0,
    OUT_HAS,
    REJECTED,
    REVIEWED,
    SECOND,
    SHOP,
    TIMES,
    TRACE,
    USD,
    Scene,
    Written,
    record,
)

from headrace.runtime.clock import DAY_US
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.partitioning import partition_of_payment
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.book import OpenLeg
from headrace.runtime.payments.command import Pay
from headrace.runtime.payments.decide_payment import NOT_SCORED, decide_payment, parties
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.refusals import Refusal as R
from headrace.runtime.risk.windows import Windows

KEYED = {"fingerprint": 77, "key": "key-1"}
SCORED = {"risk_score": 120, "risk_flags": 8, "risk_model": 3}


def done(answer, state, **fields):
    """The answer expected of the first payment of a batch, accepted by risk."""
    given = {"partition": 0, "seq": 101, "at": NOON, "payment": answer.payment, **SCORED}
    return Done(**{**given, "state": state, **fields})


# What settles, leaves, is held


def test_between_accounts_of_one_partition_it_is_settled_at_once(scene):
    scene.anna(500)
    scene.shop(40, held=7)
    paid = scene.pay(200)
    assert paid == done(paid, S.SETTLED)
    settled = record(
        K.SETTLED, state=S.SETTLED, amount=200, debit=ANNA, debit_posted=300, creditor=SHOP,
        credit=SHOP, credit_posted=240, credit_held=7, payment=paid.payment, **KEYED, **SCORED,
    )  # fmt: skip
    assert scene.written() == Written([settled], FROM_0, accounts={ANNA, SHOP}, keys=[(1, "key-1")])
    assert scene.moved() == {"anna": (-200, 0), "shop": (200, 0)}
    assert scene.book.payments == {}


def test_between_partitions_of_one_actor_both_have_a_sequence_of_it(scene):
    scene.anna(500)
    scene.bert(40)
    paid = scene.pay(200, creditor="bert")
    assert paid == done(paid, S.SETTLED)
    settled = record(
        K.SETTLED, state=S.SETTLED, amount=200, debit=ANNA, debit_posted=300, creditor=BERT,
        credit=BERT, credit_posted=240, payment=paid.payment, credit_seq=201, credit_partition=1,
        **KEYED, **SCORED,
    )  # fmt: skip
    assert scene.written() == Written(
        [settled], FROM_0 | FROM_1, accounts={ANNA, BERT}, keys=[(1, "key-1")]
    )
    assert scene.moved() == {"anna": (-200, 0), "bert": (200, 0)}
    assert (scene.book.partitions[0].seq, scene.book.partitions[1].seq) == (101, 201)


def test_to_another_actor_it_leaves_by_transit_and_a_leg_is_open(scene):
    scene.anna(500, held=3)
    scene.far()
    paid = scene.pay(200, creditor="far")
    assert paid == done(paid, S.AUTHORIZED)
    debited = record(
        K.DEBITED, state=S.AUTHORIZED, amount=200, debit=ANNA, debit_posted=300, debit_held=3,
        creditor=FAR, credit=OUT_0, credit_posted=OUT_HAS + 200, payment=paid.payment, **KEYED,
        **SCORED,
    )  # fmt: skip
    leg = OpenLeg(paid.payment, 0, 0, 101, False, True, 1, EUR, 200, ANNA, FAR, TRACE)
    assert scene.written() == Written(
        [debited], FROM_0, legs_opened=[leg], accounts={ANNA, OUT_0}, keys=[(1, "key-1")]
    )
    assert scene.book.partitions[0].open_legs == {101: leg}
    assert scene.moved() == {"anna": (-200, 0), "out:0": (200, 0)}
    assert scene.book.payments == {}


@pytest.mark.parametrize("creditor", ["shop", "bert", "far"])
def test_with_manual_capture_it_is_held(scene, creditor):
    scene.anna(500, held=3)
    number = {"shop": scene.shop, "bert": scene.bert, "far": scene.far}[creditor]().number
    held = scene.pay(200, creditor=creditor, manual_capture=True)
    ends = NOON + TIMES.hold_s * SECOND
    assert held == done(held, S.AUTHORIZED, expires_at=ends)
    hold = record(
        K.HELD, state=S.AUTHORIZED, amount=200, debit=ANNA, debit_posted=500, debit_held=203,
        creditor=number, payment=held.payment, leg=NO_LEG, expires_at=ends, **KEYED, **SCORED,
    )  # fmt: skip
    assert scene.written() == Written(
        [hold], FROM_0, holds={held.payment: Hold(held.payment, 0, ANNA, 200, False, ends, 0, b"")},
        accounts={ANNA}, payments={held.payment}, keys=[(1, "key-1")],
    )  # fmt: skip
    assert scene.moved() == {"anna": (0, 200)}


@pytest.mark.parametrize("manual", [False, True])
def test_risk_may_hold_it_for_review(scene, manual):
    scene.anna(500)
    scene.shop()
    held = scene.pay(
        200, risk=REVIEWED, manual_capture=manual, expires_in_s=60, submitted_by=b"somebody"
    )
    ends = NOON + TIMES.review_s * SECOND
    scored = {"risk_score": 700, "risk_flags": 2, "risk_model": 3}
    assert held == done(held, S.IN_REVIEW, expires_at=ends, **scored)
    hold = record(
        K.HELD_FOR_REVIEW, state=S.IN_REVIEW, amount=200, debit=ANNA, debit_posted=500,
        debit_held=200, creditor=SHOP, payment=held.payment, leg=NO_LEG if manual else 0,
        expires_at=ends, **KEYED, **scored,
    )  # fmt: skip
    assert scene.records() == [hold]
    assert scene.batch.rows_of(HOLDS) == {
        held.payment: Hold(held.payment, 0, ANNA, 200, True, ends, 60, b"somebody")
    }
    payment = scene.payment(held)
    assert (payment.expires_in_s, payment.submitted_by) == (60, b"somebody")
    assert scene.payment(held).manual is manual
    assert scene.moved() == {"anna": (0, 200)}


def test_a_hold_lasts_as_long_as_was_asked(scene):
    scene.anna(500)
    scene.shop()
    held = scene.pay(200, manual_capture=True, expires_in_s=60, submitted_by=b"somebody")
    assert held == done(held, S.AUTHORIZED, expires_at=NOON + 60 * SECOND)
    assert scene.payment(held).expires_at == NOON + 60 * SECOND
    ends = NOON + 60 * SECOND
    assert scene.batch.rows_of(HOLDS)[held.payment] == Hold(
        held.payment, 0, ANNA, 200, False, ends, 0, b""
    )
    assert (scene.payment(held).expires_in_s, scene.payment(held).submitted_by) == (0, b"")


def test_an_expiry_without_manual_capture_means_nothing(scene):
    scene.anna(500)
    scene.shop()
    paid = scene.pay(200, expires_in_s=60)
    assert paid == done(paid, S.SETTLED)


def test_what_holds_a_payment_knows_all_of_it(scene):
    scene.anna(500)
    scene.shop()
    payment = scene.payment(held := scene.pay(200, manual_capture=True))
    assert (payment.id, payment.tenant, payment.debtor, payment.creditor) == (
        held.payment, 1, ANNA, SHOP,
    )  # fmt: skip
    assert (payment.amount, payment.held, payment.captured, payment.currency) == (200, 200, 0, EUR)
    assert (payment.authorised_at, payment.manual, payment.batch) == (NOON, True, 9)


def test_nobody_scored_it_and_it_says_so(scene):
    scene.anna(500)
    scene.shop()
    paid = scene.pay(200, risk=NOT_SCORED)
    assert (paid.risk_score, paid.risk_flags, paid.risk_model) == (-1, 0, 0)
    (settled,) = scene.records()
    assert (settled.risk_score, settled.risk_flags, settled.risk_model) == (-1, 0, 0)


def test_what_the_client_sent_along_stands_in_the_record(scene):
    scene.anna(500)
    scene.shop()
    scene.pay(200, reference="ref", details=b'{"a":1}', occurred_at=NOON - DAY_US)
    (settled,) = scene.records()
    assert (settled.reference, settled.details) == ("ref", b'{"a":1}')
    assert (settled.at, settled.occurred_at) == (NOON, NOON - DAY_US)


def test_its_id_tells_when_it_was_and_where_its_home_is(scene):
    scene.bert(500)
    scene.shop()
    paid = scene.pay(200, debtor="bert")
    assert int.from_bytes(paid.payment[:6], "big") == NOON // 1000
    assert partition_of_payment(paid.payment) == paid.partition == 1


# Time


def test_a_partitions_time_never_runs_back(scene):
    scene.anna(500)
    scene.shop()
    scene.book.partitions[0].at = NOON + 5
    assert scene.pay(200).at == NOON + 5
    (settled,) = scene.records()
    assert (settled.at, settled.occurred_at) == (NOON + 5, NOON + 5)


@pytest.mark.parametrize(("debtors", "creditors"), [(NOON + 5, NOON + 9), (NOON + 9, NOON + 5)])
def test_of_two_partitions_the_later_time_counts_for_both(scene, debtors, creditors):
    scene.anna(500)
    scene.bert()
    scene.book.partitions[0].at, scene.book.partitions[1].at = debtors, creditors
    assert scene.pay(200, creditor="bert").at == NOON + 9
    assert [p.at for p in scene.book.partitions.values()] == [NOON + 9, NOON + 9]


def test_partitions_move_on_to_the_payments_time(scene):
    scene.anna(500)
    scene.bert()
    scene.pay(200, creditor="bert")
    assert [p.at for p in scene.book.partitions.values()] == [NOON, NOON]


def test_a_creditor_of_another_actor_tells_no_time(scene):
    scene.anna(500)
    scene.far()
    scene.book.partitions[1].at = NOON + 9
    assert scene.pay(200, creditor="far").at == NOON


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
        if isinstance(expected, Refused):
            with scene.unchanged():
                answer = scene.pay(100, **fields)
            assert (answer.refusal, answer.field) == (expected.refusal, expected.field)
        else:
            answer = scene.pay(100, **fields)
            assert (answer.state, answer.reason) == (S.DECLINED, expected)

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


# Keys


def test_the_same_request_again_is_answered_as_at_first(scene):
    scene.anna(500)
    scene.shop()
    first = scene.pay(200, key="k", manual_capture=True)
    with scene.unchanged():
        again = scene.pay(200, key="k", manual_capture=True)
    assert again == done(first, S.AUTHORIZED, expires_at=first.expires_at, replayed=True)


def test_a_decline_burns_its_key(scene):
    anna = scene.anna(0)
    scene.shop()
    first = scene.pay(200, key="k")
    anna.posted = 1_000
    with scene.unchanged():
        again = scene.pay(200, key="k")
    assert again == done(first, S.DECLINED, reason=D.INSUFFICIENT_FUNDS, replayed=True)


def test_a_refusal_burns_no_key(scene):
    anna = scene.anna(500, state=FROZEN)
    scene.shop()
    assert scene.pay(200, key="k") == Refused(R.ACCOUNT_FROZEN, "debtor")
    anna.state = OPEN
    assert scene.pay(200, key="k").state == S.SETTLED


def test_the_same_key_of_another_tenant_is_another_key(scene):
    scene.anna(500)
    scene.shop()
    for number, id in ((ANNA + 9, "anna"), (SHOP + 9, "shop")):
        scene.book.add(Account(number, 2, id, EUR))
    assert scene.pay(200, key="k").state == S.SETTLED
    assert scene.pay(200, key="k", tenant=2).reason == D.INSUFFICIENT_FUNDS


def test_a_key_with_another_fingerprint_is_refused(scene):
    scene.anna(500)
    scene.shop()
    scene.pay(200, key="k", fingerprint=1)
    with scene.unchanged():
        assert scene.pay(200, key="k", fingerprint=2) == Refused(R.KEY_REUSED)


# Who pays whom


def test_parties_are_found_by_tenant_and_id(scene):
    anna, shop, far = scene.anna(), scene.shop(), scene.far()
    pay = Pay(1, "anna", "shop", 1, EUR, "k", 0)
    assert parties(scene.book, pay) == (anna, shop)
    pay.creditor = "far"
    assert parties(scene.book, pay) == (anna, far)


def test_parties_found_before_are_used_as_they_are(scene):
    anna, shop = scene.anna(500), scene.shop()
    scene.book.by_id.clear()
    pay = Pay(1, "anna", "shop", 100, EUR, "k", 0)
    answer = decide_payment(
        scene.book, scene.batch, pay, NOON, ACCEPTED, TIMES, payment_id, (anna, shop)
    )  # fmt: skip
    assert answer.state == S.SETTLED
    assert scene.records()[0].trace == bytes(16)


def test_payments_of_a_batch_follow_each_other(scene):
    scene.anna(500)
    scene.shop()
    scene.bert(10)
    answers = [
        scene.pay(500), scene.pay(1), scene.pay(510, debtor="shop", creditor="bert"),
        scene.pay(500, debtor="shop", creditor="bert", trace=OTHER_TRACE),
    ]  # fmt: skip
    assert [(a.partition, a.seq, a.state) for a in answers] == [
        (0, 101, S.SETTLED), (0, 102, S.DECLINED), (0, 103, S.DECLINED), (0, 104, S.SETTLED),
    ]  # fmt: skip
    assert scene.records()[3].credit_seq == 201
    assert scene.records()[3].trace == OTHER_TRACE
    assert scene.batch.started_from == FROM_0 | FROM_1
    assert scene.moved() == {"anna": (-500, 0), "bert": (500, 0)}


def test_what_was_touched_carries_the_batchs_number(scene: Scene):
    anna, shop = scene.anna(500), scene.shop()
    scene.far()
    scene.pay(100)
    scene.pay(100, creditor="far")
    assert (anna.batch, shop.batch, scene.book.accounts[OUT_0].batch) == (9, 9, 9)
    assert scene.book.partitions[0].at == NOON > BEFORE


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
    scene.arrive(scene.leg(sent))
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
