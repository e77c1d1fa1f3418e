"""No payment of a debtor passes an earlier one of the same call that was put off."""

import importlib.util
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from headrace.actors.debtor_order import BEHIND, DebtorOrder
from headrace.actors.deciding import decide_batch
from headrace.actors.intake import Submission
from headrace.runtime.ids import payment_id
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import ChangeAccount, Fund, Pay
from headrace.runtime.payments.decide import Given
from headrace.runtime.payments.decide_payment import TOO_MANY_LEGS
from headrace.runtime.refusals import Refusal

_PATH = Path(__file__).parents[1] / "runtime" / "payments" / "scene.py"
EUR = 978
FULL = Refused(Refusal.OVERLOADED, "", TOO_MANY_LEGS)
LATER = Refused(Refusal.OVERLOADED, "", BEHIND)
NOT_COUNTED = ChangeAccount(1, "bert", daily_amount_max=5)
"""Raises: what Bert paid today was not looked up."""


def _scenes():
    """Beside the examples of payments."""
    if "scene" not in sys.modules:
        spec = importlib.util.spec_from_file_location("scene", _PATH)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["scene"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["scene"])
    return sys.modules["scene"]


class House:
    """An actor's book in which one leg more may be opened, and its order."""

    def __init__(self):
        self.scenes = _scenes()
        self.scene = self.scenes.Scene()
        self.scene.anna(500)
        self.scene.shop(40)
        self.scene.bert(300, counts=False)
        self.scene.far()
        self.book = self.scene.book
        self.book.open_legs_max = self.book.open_legs + 1
        self.order = DebtorOrder()
        self.number = 20

    def decide(self, items, unjudged=()):
        """Another batch; `unjudged`: indices without a verdict of risk."""
        accepted = self.scenes.ACCEPTED, None
        verdicts = {n: accepted for n in range(len(items)) if n not in unjudged}
        given = Given(self.scenes.NOON, self.scenes.TIMES, verdicts, {}, payment_id)
        decided = decide_batch(self.book, self.number, items, given, self.order)
        self.number = decided.batch.number + 1
        return decided


@pytest.fixture
async def house():
    return House()


def call(*commands):
    submission = Submission(len(commands))
    return [(command, submission, index) for index, command in enumerate(commands)]


def pay(key, debtor="anna", creditor="shop", amount=10):
    return Pay(1, debtor, creditor, amount, EUR, key, 1)


def kinds(decided):
    return ["done" if isinstance(a, Done) else a for a in decided.answers]


async def test_a_payment_near_by_does_not_pass_one_that_waits_for_a_counterpart(house):
    decided = house.decide(
        call(
            pay("k1"), pay("k2", creditor="far"), pay("k3", creditor="far"), pay("k4"),
            pay("k5", "bert"), pay("k6", creditor="far"), Fund(1, "anna", 70, EUR, "k7", 1),
        )
    )  # fmt: skip
    assert kinds(decided) == ["done", "done", FULL, LATER, "done", LATER, "done"]
    assert [r.key for r in decided.batch.records] == ["k1", "k2", "k5", "k7"]
    assert [r.debit_posted for r in decided.batch.records[:2]] == [490, 480]


async def test_a_payment_does_not_pass_one_that_risk_has_not_judged(house):
    decided = house.decide(call(pay("k1"), pay("k2"), pay("k3")), unjudged={1})
    assert [getattr(a, "refusal", None) for a in decided.answers] == [
        None, Refusal.UNAVAILABLE, Refusal.UNAVAILABLE,
    ]  # fmt: skip


async def test_order_lasts_over_the_batches_of_a_call_and_no_longer(house):
    items = call(pay("k1", creditor="far"), pay("k2", creditor="far"), pay("k3"), pay("k4", "bert"))
    assert kinds(house.decide(items[:2])) == ["done", FULL]
    other = call(pay("k5"))
    assert kinds(house.decide([*items[2:], *other])) == [LATER, "done", "done"]
    for _, submission, index in items:
        submission.answer(index, FULL)
    assert kinds(house.decide(call(pay("k3")))) == ["done"]


async def test_order_is_kept_where_a_command_raises(house):
    decided = house.decide(
        [
            *call(NOT_COUNTED),
            *call(pay("k1", creditor="far"), pay("k2", creditor="far"), pay("k3")),
        ]
    )
    assert kinds(decided)[1:] == ["done", FULL, LATER]
    assert decided.failed == 1


async def test_what_is_decided_anew_leaves_nothing_of_the_first_time(house):
    before = deepcopy(house.scenes.picture(house.book))
    decided = house.decide(
        call(pay("k1", creditor="far"), pay("k2", creditor="far"), pay("k3"), pay("k4", "bert"))
    )
    assert kinds(decided) == ["done", FULL, LATER, "done"]
    assert decided.batch.number == 21, "decided twice, and not one by one"
    house.book.undo(decided.batch)
    assert house.scenes.picture(house.book) == before


@pytest.mark.parametrize(
    ("later", "decided"),
    [
        ([pay("k3", "bert")], 1),
        ([pay("k3", creditor="far")], 1),
        ([pay("k3")], 2),
        ([pay("k3", "bert"), pay("k4")], 2),
    ],
)
async def test_a_batch_is_decided_anew_only_where_somebody_passed(house, later, decided):
    first = [pay("k0"), pay("k1", creditor="far"), pay("k2", creditor="far")]
    assert house.decide(call(*first, *later)).batch.number == 19 + decided


async def test_while_somebody_is_put_off_batches_are_decided_once(house):
    house.decide(call(pay("k1", creditor="far"), pay("k2", creditor="far"), pay("k3")))
    for number in (22, 23):
        decided = house.decide(call(pay(f"near-{number}"), pay(f"far-{number}", creditor="far")))
        assert kinds(decided) == ["done", FULL]
        assert decided.batch.number == number


async def test_nobody_waits_for_a_refusal_that_is_for_good(house):
    decided = house.decide(call(pay("k1", creditor="nobody"), pay("k2"), pay("k3", amount=9_999)))
    assert [type(a) for a in decided.answers] == [Refused, Done, Done]
    assert not house.order.concerns_anybody()
