"""Deposits and withdrawals, and accounts within one batch."""

import pytest
from scene import (
    ANNA,
    CLOSED,
    EUR,
    EXTERNAL_0,
    EXTERNAL_HAS,
    FROM_0,
    FROZEN,
    NOON,
    OPEN,
    TRACE,
    USD,
    Written,
    far_leg,
    record,
)
from scene_of_accounts import NEW

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.refusals import Refusal as R

# Deposits and withdrawals


def test_a_deposit_comes_from_the_partitions_external_account(scene):
    scene.anna(500, held=20)
    assert scene.fund(70, reference="ref", details=b"{}") == Done(0, 101, NOON, amount=570)
    deposited = record(
        K.DEPOSITED, amount=70, debit=EXTERNAL_0, debit_posted=EXTERNAL_HAS - 70, credit=ANNA,
        credit_posted=570, credit_held=20, key="key-1", fingerprint=79, reference="ref",
        details=b"{}",
    )  # fmt: skip
    assert scene.written() == Written(
        [deposited], FROM_0, accounts={ANNA, EXTERNAL_0}, keys=[(1, "key-1")]
    )
    assert scene.moved() == {"anna": (70, 0), "external:0": (-70, 0)}


def test_a_withdrawal_goes_back_there(scene):
    scene.anna(500, held=20)
    assert scene.fund(-70) == Done(0, 101, NOON, amount=430)
    withdrawn = record(
        K.WITHDRAWN, amount=70, debit=ANNA, debit_posted=430, debit_held=20, credit=EXTERNAL_0,
        credit_posted=EXTERNAL_HAS + 70, key="key-1", fingerprint=79,
    )  # fmt: skip
    assert scene.written() == Written(
        [withdrawn], FROM_0, accounts={ANNA, EXTERNAL_0}, keys=[(1, "key-1")]
    )
    assert scene.moved() == {"anna": (-70, 0), "external:0": (70, 0)}


def test_money_of_another_partition_comes_from_its_own_external_account(scene):
    scene.bert()
    assert scene.fund(70, "bert") == Done(1, 201, NOON, amount=70)
    assert scene.moved() == {"bert": (70, 0), "external:1": (-70, 0)}


@pytest.mark.parametrize(
    ("posted", "held", "line", "fits"),
    [
        (101, 0, 0, True),
        (100, 0, 0, True),
        (99, 0, 0, False),
        (101, 1, 0, True),
        (101, 2, 0, False),
        (0, 0, 100, True),
        (0, 0, 99, False),
    ],
)
def test_what_is_available_may_be_withdrawn_to_the_last_cent(scene, posted, held, line, fits):
    scene.anna(posted, held=held, credit_line=line)
    if fits:
        assert scene.fund(-100).amount == posted - 100
        return
    with scene.unchanged():
        assert scene.fund(-100) == Refused(R.INSUFFICIENT_FUNDS, "amount")


@pytest.mark.parametrize(
    ("state", "amount", "refused"),
    [
        (OPEN, 1, None),
        (OPEN, -1, None),
        (FROZEN, 1, None),
        (FROZEN, -1, Refused(R.ACCOUNT_FROZEN, "account")),
        (CLOSED, 1, Refused(R.ACCOUNT_CLOSED, "account")),
        (CLOSED, -1, Refused(R.ACCOUNT_CLOSED, "account")),
    ],
)
def test_each_state_of_the_account(scene, state, amount, refused):
    scene.anna(500, state=state)
    if refused is None:
        assert scene.fund(amount).amount == 500 + amount
        return
    with scene.unchanged():
        assert scene.fund(amount) == refused


def test_only_what_is_above_nothing_is_a_deposit(scene):
    """Gateways refuse an amount of nothing; whoever sends one gets no favour by it."""
    scene.anna(500, state=FROZEN)
    with scene.unchanged():
        assert scene.fund(0) == Refused(R.ACCOUNT_FROZEN, "account")
    assert scene.fund(1).amount == 501


@pytest.mark.parametrize("amount", [1, -1])
def test_another_currency_than_the_accounts(scene, amount):
    scene.anna(500)
    with scene.unchanged():
        assert scene.fund(amount, currency=USD) == Refused(R.CURRENCY_MISMATCH, "currency")


def test_limits_and_the_day_are_not_for_withdrawals(scene):
    anna = scene.anna(500, payment_max=1, daily_amount_max=1, daily_count_max=1)
    assert scene.fund(-100).amount == 400
    assert (anna.day_amount, anna.day_count) == (0, 0)


def test_the_same_deposit_again_is_answered_as_at_first(scene):
    scene.anna(500)
    scene.fund(70, key="k")
    scene.fund(10)
    with scene.unchanged():
        assert scene.fund(70, key="k") == Done(0, 101, NOON, amount=570, replayed=True)
        assert scene.fund(70, key="k", fingerprint=0) == Refused(R.KEY_REUSED)


def test_a_refusal_burns_no_key(scene):
    anna = scene.anna(5)
    assert scene.fund(-70, key="k").refusal == R.INSUFFICIENT_FUNDS
    anna.posted = 70
    assert scene.fund(-70, key="k").amount == 0


def test_rules_have_an_order_and_each_shows_when_those_before_are_kept(scene):
    """A withdrawal that breaks all of them, mended one by one."""
    scene.anna(500)
    scene.fund(1, key="used")
    anna = scene.book.by_id.pop((1, "anna"))
    anna.state, anna.posted = CLOSED, 99
    fields = {"key": "used", "fingerprint": 1, "currency": USD}

    def meets(refusal):
        with scene.unchanged():
            assert scene.fund(-100, **fields).refusal == refusal

    meets(R.KEY_REUSED)
    fields["key"] = "fresh"
    meets(R.UNKNOWN_ACCOUNT)
    scene.book.by_id[1, "anna"] = anna
    meets(R.CURRENCY_MISMATCH)
    fields["currency"] = EUR
    meets(R.ACCOUNT_CLOSED)
    anna.state = FROZEN
    meets(R.ACCOUNT_FROZEN)
    anna.state = OPEN
    meets(R.INSUFFICIENT_FUNDS)
    anna.posted = 100
    assert scene.fund(-100, **fields).amount == 0


def test_the_rules_of_a_change_have_an_order(scene):
    anna = scene.anna(500, state=CLOSED)
    assert scene.change(close=True).refusal == R.ACCOUNT_CLOSED
    anna.state = OPEN
    assert scene.change(close=True).refusal == R.BALANCE_NOT_ZERO


# All in one batch


def test_opened_funded_and_paid_from_in_one_batch(scene):
    scene.shop()
    scene.open(NEW, credit_line=10)
    assert scene.fund(90, NEW).amount == 90
    assert scene.pay(100, debtor=NEW).state == S.SETTLED
    assert scene.pay(1, debtor=NEW).reason == D.INSUFFICIENT_FUNDS
    assert [(r.seq, r.kind) for r in scene.records()] == [
        (101, K.ACCOUNT_OPENED), (102, K.DEPOSITED), (103, K.SETTLED), (104, K.DECLINED),
    ]  # fmt: skip
    assert scene.moved() == {"external:0": (-90, 0), NEW: (-10, 0), "shop": (100, 0)}
    assert scene.batch.started_from == FROM_0


def test_a_change_holds_from_the_next_command_on(scene):
    anna = scene.anna(500)
    scene.shop()
    assert scene.pay(100).state == S.SETTLED
    scene.change(frozen=True)
    assert scene.pay(100) == Refused(R.ACCOUNT_FROZEN, "debtor")
    scene.change(frozen=False, payment_max=99)
    assert scene.pay(100).reason == D.PAYMENT_LIMIT
    scene.change(payment_max=0, credit_line=100)
    assert scene.pay(500).state == S.SETTLED
    assert anna.posted == -100
    assert list(scene.batch.changed) == [ANNA]


def test_closed_in_the_batch_that_emptied_it(scene):
    scene.anna(100)
    scene.shop()
    scene.pay(100)
    assert scene.change(close=True).seq == 102
    assert scene.pay(1) == Refused(R.ACCOUNT_CLOSED, "debtor")
    assert scene.pay(1, debtor="shop", creditor="anna") == Refused(R.ACCOUNT_CLOSED, "creditor")
    assert scene.open("anna").refusal == R.ACCOUNT_EXISTS


def test_traces_stand_in_every_record(scene):
    scene.anna(5)
    scene.open(NEW)
    scene.change(frozen=True)
    scene.fund(1)
    assert [r.trace for r in scene.records()] == [TRACE] * 3
    assert far_leg().trace != TRACE


@pytest.mark.parametrize(("short_by", "fits"), [(99, False), (100, True), (101, True)])
def test_a_deposit_keeps_the_balance_within_its_bound(scene, short_by, fits):
    scene.anna(BALANCE_MAX - short_by)
    if fits:
        assert scene.fund(100).amount == BALANCE_MAX - short_by + 100
        return
    with scene.unchanged():
        detail = "the balance would pass its bound"
        assert scene.fund(100) == Refused(R.AMOUNT_TOO_LARGE, "amount", detail)
    assert scene.fund(-100).amount == BALANCE_MAX - 199


def test_what_may_come_back_has_its_room(scene):
    scene.anna(BALANCE_MAX)
    scene.far()
    scene.pay(100, creditor="far")
    assert scene.fund(1).refusal == R.AMOUNT_TOO_LARGE


@pytest.mark.parametrize(
    ("has", "amount", "after"),
    [(-(2**63), 1, 2**63 - 1), (2**63 - 1, -1, -(2**63)), (-(2**63) + 1, 1, -(2**63))],
)
def test_the_external_account_goes_past_64_bits(scene, has, amount, after):
    scene.anna(5)
    scene.book.accounts[EXTERNAL_0].posted = has
    assert scene.fund(amount).amount == 5 + amount
    (moved,) = scene.records()
    assert scene.book.accounts[EXTERNAL_0].posted == after
    assert after in (moved.debit_posted, moved.credit_posted)
