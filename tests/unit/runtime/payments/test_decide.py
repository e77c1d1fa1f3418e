"""One table says who decides what."""

import pytest
from msgspec.structs import replace
from scene import ACCEPTED, EUR, NOON, REVIEWED, TIMES, TRACE, far_leg, picture

from headrace.runtime import commands as deciding
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.payments.answer import Done, LegsDone, Refused
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.payments.decide import PAYMENTS, CommandRow, Given
from headrace.runtime.payments.decide_payment import parties
from headrace.runtime.refusals import Refusal as R


def decide(book, batch, command, index, given):
    """One command."""
    (answer,) = deciding.decide(book, batch, [(index, command)], given)
    return answer


def given(verdicts=None, legs=None):
    return Given(NOON, TIMES, verdicts or {}, legs or {}, payment_id)


@pytest.fixture
def people(scene):
    scene.anna(500)
    scene.shop(40)
    scene.far()
    return scene


def pay(key="k", **fields):
    return Pay(1, "anna", "shop", 100, EUR, key, 77, TRACE, **fields)


def test_a_payment_is_decided_with_the_verdict_of_its_place(people):
    verdicts = {3: (REVIEWED, None), 4: (ACCEPTED, None)}
    answers = [
        decide(people.book, people.batch, pay(f"k{index}"), index, given(verdicts))
        for index in (4, 3)
    ]
    assert [a.state for a in answers] == [S.SETTLED, S.IN_REVIEW]
    assert answers[1].expires_at == NOON + TIMES.review_s * 1_000_000
    assert [a.at for a in answers] == [NOON, NOON]


def test_a_payment_without_a_verdict_is_put_off(people):
    before = picture(people.book)
    answer = decide(people.book, people.batch, pay(), 0, given({1: (ACCEPTED, None)}))
    assert answer == Refused(R.UNAVAILABLE, "", "risk has not judged it yet")
    assert picture(people.book) == before


def test_the_parties_found_with_the_verdict_are_used(people):
    both = parties(people.book, pay())
    people.book.by_id.clear()
    answer = decide(people.book, people.batch, pay(), 0, given({0: (ACCEPTED, both)}))
    assert answer.state == S.SETTLED


def test_each_other_command_goes_to_its_decider(people):
    held = people.held()
    sent = people.leg(people.pay(50, creditor="far"))
    book, batch = people.book, people.batch
    answers = [
        decide(book, batch, command, index, given())
        for index, command in enumerate(
            [
                Act(1, held.payment, PaymentAction.CANCEL),
                Fund(1, "anna", 70, EUR, "f", 1),
                OpenAccount(1, "new-3", EUR),
                ChangeAccount(1, "shop", frozen=True),
                SettleLegs([sent.partition], [sent.seq], [0]),
            ]
        )
    ]
    assert answers == [
        Done(0, 103, NOON, held.payment, S.CANCELLED, amount=100),
        Done(0, 104, NOON, amount=520),
        Done(0, 105, NOON),
        Done(0, 106, NOON),
        LegsDone([0]),
    ]


def test_a_held_review_accepted_lasts_as_long_as_the_platform_says(people):
    held = people.reviewed(manual=True)
    accept = Act(1, held.payment, PaymentAction.ACCEPT)
    answer = decide(people.book, people.batch, accept, 0, given())
    assert answer.expires_at == NOON + TIMES.hold_s * 1_000_000


def test_legs_are_carried_as_the_ledger_shows_those_of_their_place(people):
    leg = far_leg()
    command = PostLegs([leg.partition], [leg.seq])
    shown = people.shown(leg)
    assert decide(people.book, people.batch, command, 5, given(legs={5: shown})) == LegsDone([0])
    with pytest.raises(KeyError):
        decide(people.book, people.batch, command, 4, given(legs={5: shown}))


ROWS = {
    Pay: "keyed scored routed", Act: "keyed routed", OpenAccount: "routed",
    ChangeAccount: "routed", Fund: "keyed routed", PostLegs: "", SettleLegs: "",
}  # fmt: skip


def test_of_each_command_is_known_what_it_is():
    """Keyed: a repeat gets the first answer; scored: risk is asked; routed: clients' own."""
    told = {
        command: " ".join(
            word
            for word, true in (
                ("keyed", row.keyed), ("scored", row.scored), ("routed", row.home is not None),
            )
            if true
        )
        for command, row in PAYMENTS.items()
    }  # fmt: skip
    assert told == ROWS


def test_a_row_of_a_command_says_what_is_special():
    row = CommandRow(PAYMENTS[Pay].decide, PAYMENTS[Pay].needs, None)
    assert (row.keyed, row.scored) == (False, False)


def test_a_payment_decided_by_its_row_is_the_payment_decided_in_a_batch(people):
    """Batches of payments go past the table, which says the same."""
    verdicts = {3: (REVIEWED, None)}
    row = PAYMENTS[Pay]
    assert row.home is not None
    assert row.home(pay(), 4096) == deciding.home_of(pay(), 4096)
    by_row = row.decide(people.book, people.batch, pay("row"), 3, given(verdicts))
    in_batch = decide(people.book, people.batch, pay("batch"), 3, given(verdicts))
    assert by_row.payment != in_batch.payment
    assert replace(by_row, payment=b"", seq=0) == replace(in_batch, payment=b"", seq=0)
    put_off = row.decide(people.book, people.batch, pay("none"), 2, given(verdicts))
    assert put_off.refusal == R.UNAVAILABLE
