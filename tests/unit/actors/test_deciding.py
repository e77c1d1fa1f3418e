"""A command that raises is answered alone and undone alone; all others are decided as ever."""

import importlib.util
import sys
from copy import deepcopy
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from headrace.actors.debtor_order import DebtorOrder
from headrace.actors.deciding import decide_batch
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import KeyName, key_of
from headrace.runtime.keys.subject_keys import SUBJECT_KEYS
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
)
from headrace.runtime.payments.decide import Given
from headrace.runtime.payments.personal_text import SETTINGS_KINDS, seal_texts
from headrace.runtime.refusals import Refusal

_PATH = Path(__file__).parents[1] / "runtime" / "payments" / "scene.py"


def _scene():
    """Beside the examples of payments."""
    if "scene" not in sys.modules:
        spec = importlib.util.spec_from_file_location("scene", _PATH)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["scene"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["scene"])
    return sys.modules["scene"]


EUR = 978
NOT_COUNTED = ChangeAccount(1, "bert", daily_amount_max=5)
"""Raises: what Bert paid today was not looked up."""
NO_ACTION = Act(1, bytes(16), 99)
TOO_WIDE = Fund(1, "shop", 1, EUR, "wide", 1, reference="\udc80")
"""Decided, and can't be laid out: text that is no UTF-8."""
FINE = [
    Pay(1, "anna", "shop", 100, EUR, "k1", 1),
    Fund(1, "anna", 70, EUR, "k2", 1),
    OpenAccount(1, "new-3", EUR),
    Pay(1, "anna", "bert", 30, EUR, "k3", 1),
    Pay(1, "anna", "far", 40, EUR, "k4", 1),
]


@pytest.fixture(autouse=True)
def logged():
    with capture_logs() as logs:
        yield logs


@pytest.fixture
def house():
    scenes = _scene()
    scene = scenes.Scene()
    scene.anna(500)
    scene.shop(40)
    scene.bert(counts=False)
    scene.far()
    return scenes, scene


def decided(house, commands):
    scenes, scene = house
    verdicts = {n: (scenes.ACCEPTED, None) for n in range(len(commands))}
    items = [(command, None, 0) for command in commands]
    given = Given(scenes.NOON, scenes.TIMES, verdicts, {}, payment_id)
    return decide_batch(scene.book, 20, items, given, DebtorOrder())


def seen(house, decided):
    """All but payments' ids, which are drawn, and numbers of batches."""
    scenes, scene = house
    picture = deepcopy(scenes.picture(scene.book))
    for account in picture["accounts"].values():
        del account["batch"]
    records = [(r.seq, r.credit_seq, r.kind, r.state, r.amount, r.debit_posted, r.credit_posted)
               for r in decided.batch.records]  # fmt: skip
    return records, picture["accounts"], picture["by_id"], picture["coming_back"]


def test_a_batch_in_which_nothing_raises_is_decided_at_once(house):
    result = decided(house, FINE)
    assert [getattr(a, "state", None) for a in result.answers] == [
        S.SETTLED, 0, 0, S.SETTLED, S.AUTHORIZED,
    ]  # fmt: skip
    assert (result.batch.number, result.failed, len(result.batch)) == (20, 0, 5)
    assert [item[0] for item in result.items] == FINE


@pytest.mark.parametrize("index", range(len(FINE) + 1))
@pytest.mark.parametrize("poison", [NOT_COUNTED, TOO_WIDE], ids=["raises", "not laid out"])
def test_one_that_raises_is_answered_alone_wherever_it_stands(house, poison, index):
    scenes, scene = house
    clean = scenes.Scene()
    clean.anna(500)
    clean.shop(40)
    clean.bert(counts=False)
    clean.far()
    expected = seen((scenes, clean), decided((scenes, clean), FINE))
    result = decided(house, [*FINE[:index], poison, *FINE[index:]])
    assert result.answers.pop(index) == Refused(Refusal.INTERNAL_ERROR)
    assert result.failed == 1
    assert [a.seq for a in result.answers] == [101, 102, 103, 104, 105]
    assert seen(house, result) == expected
    last = index == len(FINE)
    assert result.batch.number == 20 + len(FINE) + (not last), "of the last that was decided"
    assert (1, "wide") not in scene.book.keys


def test_several_that_raise_are_each_answered_alone(house):
    result = decided(house, [NOT_COUNTED, FINE[0], TOO_WIDE, FINE[1], NOT_COUNTED])
    wrong = Refused(Refusal.INTERNAL_ERROR)
    assert [result.answers[n] for n in (0, 2, 4)] == [wrong] * 3
    assert [result.answers[n].seq for n in (1, 3)] == [101, 102]
    assert result.failed == 3


def test_a_batch_of_one_that_raises_leaves_nothing_and_is_told(house, logged):
    scenes, scene = house
    before = deepcopy(scenes.picture(scene.book))
    result = decided(house, [NOT_COUNTED])
    assert result.answers == [Refused(Refusal.INTERNAL_ERROR)]
    assert (len(result.batch), result.failed) == (0, 1)
    assert [(log["event"], log.get("command")) for log in logged] == [
        ("batch_failed", None), ("command_failed", "ChangeAccount"),
    ]  # fmt: skip
    assert scenes.picture(scene.book) == before


def test_a_batch_decided_one_by_one_is_taken_back_whole(house):
    scenes, scene = house
    before = deepcopy(scenes.picture(scene.book))
    result = decided(house, [*FINE[:3], NOT_COUNTED, *FINE[3:]])
    scene.book.undo(result.batch)
    assert scenes.picture(scene.book) == before


def test_a_refusal_is_no_failure(house):
    result = decided(house, [NO_ACTION, FINE[0]])
    assert result.answers[0] == Refused(Refusal.UNKNOWN_PAYMENT)
    assert (result.failed, result.batch.number) == (0, 20)


TEXT = b'{"description":"words"}'
TEXTS = [
    Pay(1, "anna", "shop", 100, EUR, "k1", 1, details=TEXT),
    Fund(1, "anna", 70, EUR, "k2", 1, details=TEXT),
    OpenAccount(1, "new-3", EUR),
    Fund(1, "new-3", 60, EUR, "k5", 1, details=TEXT),
    Pay(1, "new-3", "shop", 10, EUR, "k6", 1, details=TEXT),
    Fund(1, "new-3", -5, EUR, "k7", 1, details=TEXT),
    Pay(1, "anna", "bert", 30, EUR, "k3", 1),
]


@pytest.fixture
def sealing(house):
    """Of the accounts that a batch needs only those that it opens are not looked up."""
    _, scene = house
    scene.book.texts = TextSealer(MasterKey(bytes(32)), 100, 5.0)
    scene.book.texts.learn([a.number for a in scene.book.accounts.values()], {})
    return scene.book.texts


@pytest.mark.parametrize("poison", [[], [NOT_COUNTED]], ids=["at once", "one by one"])
def test_every_text_of_a_batch_is_sealed_under_one_key_a_subject(house, sealing, poison):
    _, scene = house
    result = decided(house, [*poison, *TEXTS])
    assert result.failed == len(poison)
    anna, new = (scene.book.by_id[1, id].number for id in ("anna", "new-3"))
    assert list(result.batch.rows_of(SUBJECT_KEYS)) == [KeyName(anna, 0), KeyName(new, 0)]
    texts = [r.details for r in result.batch.records if r.kind not in SETTINGS_KINDS]
    assert [text and key_of(text).subject for text in texts] == [anna, anna, new, new, new, None]
    assert not any(TEXT in text for text in texts if text)
    (settings,) = (r.details for r in result.batch.records if r.kind in SETTINGS_KINDS)
    assert settings.startswith(b"{")
    assert TEXT not in result.ready.rows
    (statement,) = (s for s in result.ready.statements if s[0] == "put_subject_keys")
    assert statement[1][:2] == ([anna, new], [0, 0])


def test_a_batch_taken_back_makes_its_keys_anew(house, sealing):
    _, scene = house
    first = decided(house, TEXTS[:1])
    scene.book.undo(first.batch)
    second = decided(house, TEXTS[:1])
    (was,), (made,) = (b.rows_of(SUBJECT_KEYS).values() for b in (first.batch, second.batch))
    assert was.name == made.name
    assert was.wrapped != made.wrapped
    scene.book.committed(second.batch)
    third = decided(house, [Fund(1, "anna", 1, EUR, "k9", 1, details=TEXT)])
    assert not third.batch.rows_of(SUBJECT_KEYS)


def test_what_is_asked_of_a_payment_is_its_debtors_text(house, sealing):
    _, scene = house
    held = Pay(1, "anna", "shop", 100, EUR, "k1", 1, manual_capture=True)
    (done,) = decided(house, [held]).answers
    capture = Act(1, done.payment, PaymentAction.CAPTURE, 60, key="k2", details=TEXT)
    cancel = Act(1, done.payment, PaymentAction.CANCEL, key="k3", details=TEXT)
    result = decided(house, [capture, cancel])
    anna = scene.book.by_id[1, "anna"].number
    assert result.failed == 0
    assert {key_of(r.details).subject for r in result.batch.records} == {anna}


def test_without_a_master_key_no_text_is_written_and_all_else_is(house):
    result = decided(house, [TEXTS[0], TEXTS[-1], TEXTS[1]])
    wrong = Refused(Refusal.INTERNAL_ERROR)
    assert [answer == wrong for answer in result.answers] == [True, False, True]
    assert TEXT not in result.ready.rows


def test_a_text_without_a_master_key_is_refused_by_name(house):
    _, scene = house
    batch = Batch(1, [Record(kind=RecordKind.SETTLED, details=TEXT)])
    with pytest.raises(LookupError, match="without a master key"):
        seal_texts(scene.book, batch, set())
