"""A batch taken back leaves everything exactly as it was; two batches made one are one."""

from copy import deepcopy

import pytest
from scene import (
    ACCEPTED,
    BEFORE,
    BERT,
    CLOSED,
    DAY,
    NOON,
    REJECTED,
    REVIEWED,
    SECOND,
    Scene,
    far_leg,
    picture,
)

from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book, Partition
from headrace.runtime.payments.holds import HOLDS

LIMITS = {"daily_amount_max": 10_000, "day": DAY, "day_amount": 30, "day_count": 2}
LATER = NOON + 5_000 * SECOND


def prepared() -> tuple[Scene, dict]:
    """Everybody is there, and a payment of each sort stands from earlier batches."""
    scene = Scene()
    scene.anna(5_000, **LIMITS)
    scene.shop(1_000)
    scene.bert()
    scene.far()
    there = {
        "held": scene.held(), "held for bert": scene.held("bert"), "held far": scene.held("far"),
        "in review": scene.reviewed(), "in review, manual": scene.reviewed(manual=True),
        "in review, far": scene.reviewed("far"), "paid": scene.paid(),
        "to be refunded": scene.paid(),
    }  # fmt: skip
    there["sent"] = scene.pay(creditor="far")
    there["sent and known"] = scene.pay(creditor="far")
    there["captured far"] = scene.held("far")
    there["capture"] = scene.capture(there["captured far"], 30, final=False)
    there["refund"] = scene.refund(there["to be refunded"], 40)
    scene.next_batch()
    scene.payment(there["sent and known"])
    scene.post_legs(far_leg(7))
    scene.next_batch()
    return scene, there


def pays(**how):
    return lambda scene, there: scene.pay(**how)


def does(what, payment, *arguments, **fields):
    return lambda scene, there: getattr(scene, what)(there[payment], *arguments, **fields)


def arrives(opened_by, reason=D.NONE):
    return lambda scene, there: scene.settle_legs(scene.leg(there[opened_by]), reasons=[reason])


def posts(**fields):
    return lambda scene, there: scene.post_legs(far_leg(**fields))


def expires(scene, there):
    scene.now = LATER
    scene.expire(there["held"])


COMMANDS = {
    "paid": pays(),
    "paid between partitions": pays(creditor="bert"),
    "sent": pays(creditor="far"),
    "held": pays(manual_capture=True),
    "held for review": pays(risk=REVIEWED),
    "declined": pays(risk=REJECTED),
    "refused": pays(risk=None),
    "captured": does("capture", "held"),
    "captured between partitions": does("capture", "held for bert"),
    "captured and sent": does("capture", "held far"),
    "captured in part": does("capture", "held", 30, final=False),
    "captured in part, finally": does("capture", "held", 30),
    "cancelled": does("cancel", "held"),
    "accepted": does("accept", "in review"),
    "accepted and sent": does("accept", "in review, far"),
    "accepted, manual": does("accept", "in review, manual"),
    "rejected": does("reject", "in review"),
    "expired": expires,
    "refund asked for": does("refund", "paid", 40),
    "deposited": lambda scene, there: scene.fund(70),
    "withdrawn": lambda scene, there: scene.fund(-70),
    "opened": lambda scene, there: scene.open("new-3", credit_line=5),
    "frozen": lambda scene, there: scene.change(frozen=True),
    "limited": lambda scene, there: scene.change(
        credit_line=1, payment_max=2, daily_amount_max=3, daily_count_max=4
    ),
    "closed": lambda scene, there: scene.change("bert", close=True),
    "credited": posts(),
    "refund debited": posts(refund=True),
    "leg refused": posts(refund=True, creditor=BERT),
    "arrived": arrives("sent"),
    "arrived and known": arrives("sent and known"),
    "returned": arrives("sent", D.CREDITOR_CLOSED),
    "returned and known": arrives("sent and known", D.CREDITOR_CLOSED),
    "capture arrived": arrives("capture"),
    "capture returned": arrives("capture", D.CREDITOR_CLOSED),
    "refunded": arrives("refund"),
    "refund declined": arrives("refund", D.INSUFFICIENT_FUNDS),
}


SAME_LEG = ({"arrived", "returned"}, {"arrived and known", "returned and known"})
"""A leg ends once."""


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_did_is_taken_back(command):
    scene, there = prepared()
    before = deepcopy(picture(scene.book))
    COMMANDS[command](scene, there)
    assert (picture(scene.book) == before) == (command == "refused")
    scene.book.undo(scene.batch)
    assert picture(scene.book) == before


def test_a_closed_account_is_open_again_when_undone():
    scene = Scene()
    shop = scene.shop(0, credit_line=7)
    before = deepcopy(picture(scene.book))
    scene.change("shop", close=True, credit_line=9)
    assert shop.state is CLOSED
    scene.book.undo(scene.batch)
    assert picture(scene.book) == before


@pytest.mark.parametrize("first", COMMANDS)
def test_commands_upon_commands_are_taken_back_at_once(first):
    scene, there = prepared()
    before = deepcopy(picture(scene.book))
    COMMANDS[first](scene, there)
    scene.now = max(scene.now, NOON) + 1
    for command in ("paid", "deposited", "sent", "credited", "returned and known", "limited"):
        if command != first and {command, first} not in SAME_LEG:
            COMMANDS[command](scene, there)
    scene.book.undo(scene.batch)
    assert picture(scene.book) == before


def next_decided(scene: Scene) -> Batch:
    """The next batch is decided on top of what is not committed yet."""
    below, scene.batch = scene.batch, Batch(scene.batch.number + 1)
    return below


def test_batches_are_taken_back_the_newest_first():
    scene, there = prepared()
    pictures = [deepcopy(picture(scene.book))]
    batches = []
    for command in ("paid", "captured in part", "sent", "arrived", "captured far cancelled"):
        if command == "captured far cancelled":
            scene.cancel(there["captured far"])
        else:
            COMMANDS[command](scene, there)
        batches.append(next_decided(scene))
        pictures.append(deepcopy(picture(scene.book)))
    pictures.pop()
    while batches:
        scene.book.undo(batches.pop())
        assert picture(scene.book) == pictures.pop()


def test_what_was_evicted_meanwhile_stays_away():
    scene, _ = prepared()
    scene.pay()
    scene.change("shop", frozen=True)
    for number in list(scene.book.accounts):
        scene.book.forget_account(number)
    scene.book.undo(scene.batch)
    assert scene.book.accounts == {}
    assert scene.book.by_id == {}


def test_a_leg_given_up_in_the_middle_of_a_command_is_open_again():
    """The batch knows of a leg before the book changes: undone, it counts once."""
    scene, there = prepared()
    before = deepcopy(picture(scene.book))
    scene.batch.legs_closed.append(scene.leg(there["sent"]))
    scene.batch.legs_opened.append(far_leg(900, partition=0))
    scene.book.undo(scene.batch)
    assert picture(scene.book) == before


# Made one


@pytest.mark.parametrize("first", COMMANDS)
@pytest.mark.parametrize("second", ["paid", "captured in part", "limited", "arrived", "credited"])
def test_two_batches_made_one_are_one(first, second):
    if first == second or {first, second} in SAME_LEG:
        return
    scene, there = prepared()
    before = deepcopy(picture(scene.book))
    COMMANDS[first](scene, there)
    whole = next_decided(scene)
    COMMANDS[second](scene, there)
    later = scene.batch
    together = len(whole) + len(later)
    parts = deepcopy((whole, later))
    whole.absorb(later)
    assert whole.number == later.number
    assert len(whole) == together
    assert whole.records == parts[0].records + parts[1].records
    assert whole.keys == parts[0].keys + parts[1].keys
    assert whole.answered_legs == parts[0].answered_legs + parts[1].answered_legs
    assert whole.legs_opened == parts[0].legs_opened + parts[1].legs_opened
    assert whole.legs_closed == parts[0].legs_closed + parts[1].legs_closed
    assert whole.rows_of(HOLDS) == {**parts[0].rows_of(HOLDS), **parts[1].rows_of(HOLDS)}
    assert whole.changed == parts[0].changed | parts[1].changed
    assert whole.opened == parts[0].opened | parts[1].opened
    assert whole.started_from == parts[1].started_from | parts[0].started_from
    scene.book.undo(whole)
    assert picture(scene.book) == before


# What is expected back


def test_a_partition_taken_over_brings_its_open_legs():
    book = Book(4)
    legs = [far_leg(3, partition=1, debtor=7, amount=30), far_leg(5, partition=1, debtor=8),
            far_leg(9, partition=1, debtor=7, amount=12)]  # fmt: skip
    taken = Partition(1, 2, 9, BEFORE, 105_000)
    book.take_over(taken, legs)
    assert book.partitions == {1: taken}
    assert list(taken.open_legs.items()) == [(3, legs[0]), (5, legs[1]), (9, legs[2])]
    assert (book.open_legs, book.coming_back) == (3, {7: 42, 8: 100})
    book.close_leg(Batch(1), legs[0])
    assert (book.open_legs, book.coming_back) == (2, {7: 12, 8: 100})
    book.close_leg(Batch(1), legs[1])
    assert (book.open_legs, book.coming_back) == (1, {7: 12})
    book.close_leg(Batch(1), legs[2])
    assert (book.open_legs, book.coming_back) == (0, {})


@pytest.mark.parametrize(("coming", "room"), [(0, 10), (3, 7), (10, 0)])
def test_there_is_room_for_what_comes_and_for_what_may_come_back(scene, coming, room):
    anna = scene.anna(BALANCE_MAX - 10)
    if coming:
        scene.book.coming_back[anna.number] = coming
    assert scene.book.has_room(anna, room)
    assert not scene.book.has_room(anna, room + 1)


def test_the_bound_of_open_legs_is_kept_on_doubt():
    book = Book(4, 7)
    book.forget_all()
    assert (book.partitions_total, book.open_legs_max) == (4, 7)


def test_a_verdict_is_needed_again_after_a_batch_was_taken_back(scene):
    """The same command decided anew gives the same answer but for its id."""
    scene.anna(500)
    scene.shop()
    first = scene.pay(key="k")
    scene.book.undo(scene.batch)
    scene.batch = Batch(10)
    second = scene.pay(key="k", risk=ACCEPTED)
    assert (second.seq, second.at, second.state, second.replayed) == (
        first.seq, first.at, first.state, False,
    )  # fmt: skip


def test_an_undone_payment_does_not_turn_the_day(scene):
    scene.anna(500, daily_amount_max=1_000, day=DAY - 1, day_amount=30, day_count=2)
    scene.shop()
    before = deepcopy(picture(scene.book))
    scene.pay()
    scene.book.undo(scene.batch)
    assert picture(scene.book) == before
