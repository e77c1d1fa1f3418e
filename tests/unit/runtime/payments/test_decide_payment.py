"""A new payment at its debtor's partition: every outcome by name."""

import pytest
from scene import (
    ACCEPTED,
    ANNA,
    BEFORE,
    BERT,
    EUR,
    FAR,
    FROM_0,
    FROM_1,
    FROZEN,
    NOON,
    OPEN,
    OTHER_TRACE,
    OUT_0,
    OUT_HAS,
    REVIEWED,
    SECOND,
    SHOP,
    TIMES,
    TRACE,
    Scene,
    Written,
    record,
)
from scene_of_payments import KEYED, SCORED, done

from headrace.runtime.clock import DAY_US
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.partitioning import partition_of_payment
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.command import Pay
from headrace.runtime.payments.decide_payment import NOT_SCORED, decide_payment, parties
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal as R

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
