"""Every move of the states' table happens in an example, played on one actor's book."""

import pytest
from scene import ACCEPTED, CLOSED, NOON, REVIEWED, SECOND, Scene

from headrace.runtime.journal.kinds import COUNTERPART_KINDS
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.payments.command import PaymentAction as A
from headrace.runtime.payments.states import TRANSITIONS

LATER = NOON + 5_000 * SECOND


class Life:
    """Of one payment of a hundred; steps are played in order."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        scene.anna(500)
        scene.shop()
        scene.far()
        self.payment = bytes(16)
        self.legs = {}

    def pay(self, creditor, manual=False, risk=ACCEPTED, amount=100):
        done = self.scene.pay(amount, creditor=creditor, manual_capture=manual, risk=risk)
        self.payment = done.payment
        self._leg(0, done)

    def act(self, action, amount=0, final=False):
        self.scene.payment(self.done())
        done = self.scene.act(self.payment, action, amount, final=final)
        self._leg(done.leg, done)

    def expire(self):
        self.scene.now = LATER
        self.scene.expire(self.payment)

    def end(self, leg, reason=D.NONE):
        self.scene.settle_legs(self.legs.pop(leg), reasons=[reason])

    def done(self):
        self.scene.next_batch()
        return next(d for _, d in self.scene.book.keys.values() if d.payment == self.payment)

    def _leg(self, number, done):
        opened = self.scene.book.partitions[0].open_legs.get(done.seq)
        if opened is not None:
            self.legs[number] = opened

    def moves(self):
        self.scene.next_batch()
        mine = [
            r
            for r in self.scene.journal
            if r.payment == self.payment and r.kind not in COUNTERPART_KINDS
        ]
        states = [None, *(S(r.state) for r in mine)]
        return [(a, K(r.kind), b) for a, r, b in zip(states, mine, states[1:], strict=False)]


def pays(creditor, **how):
    return lambda life: life.pay(creditor, **how)


def captures(amount=0, final=False):
    return lambda life: life.act(A.CAPTURE, amount, final)


def refunds(amount):
    return lambda life: life.act(A.REFUND, amount)


def does(action):
    return lambda life: life.act(action)


def arrives(leg=0):
    return lambda life: life.end(leg)


def comes_back(leg=0):
    return lambda life: life.end(leg, D.CREDITOR_CLOSED)


def expires(life):
    life.expire()


cancels, accepts, rejects = does(A.CANCEL), does(A.ACCEPT), does(A.REJECT)
HELD, HELD_FAR = pays("shop", manual=True), pays("far", manual=True)
REVIEW, REVIEW_FAR = pays("shop", risk=REVIEWED), pays("far", risk=REVIEWED)
AUTHORISED = (None, K.HELD, S.AUTHORIZED)
IN_REVIEW = (None, K.HELD_FOR_REVIEW, S.IN_REVIEW)
PART = (S.AUTHORIZED, K.CAPTURED, S.PARTIALLY_CAPTURED)
PAID = (None, K.SETTLED, S.SETTLED)
ASKED = (S.SETTLED, K.REFUND_REQUESTED, S.SETTLED)
LIVES = {
    "paid at once": ([pays("shop")], [PAID]),
    "declined": ([pays("shop", amount=501)], [(None, K.DECLINED, S.DECLINED)]),
    "sent and arrived": (
        [pays("far"), arrives()],
        [(None, K.DEBITED, S.AUTHORIZED), (S.AUTHORIZED, K.COMPLETED, S.SETTLED)],
    ),
    "sent and returned": (
        [pays("far"), comes_back()],
        [(None, K.DEBITED, S.AUTHORIZED), (S.AUTHORIZED, K.RETURNED, S.RETURNED)],
    ),
    "accepted with manual capture": (
        [pays("shop", manual=True, risk=REVIEWED), accepts],
        [IN_REVIEW, (S.IN_REVIEW, K.ACCEPTED, S.AUTHORIZED)],
    ),
    "accepted": ([REVIEW, accepts], [IN_REVIEW, (S.IN_REVIEW, K.CAPTURED, S.SETTLED)]),
    "accepted and sent": (
        [REVIEW_FAR, accepts, arrives()],
        [IN_REVIEW, (S.IN_REVIEW, K.CAPTURED, S.CAPTURED), (S.CAPTURED, K.COMPLETED, S.SETTLED)],
    ),
    "rejected": ([REVIEW, rejects], [IN_REVIEW, (S.IN_REVIEW, K.RELEASED, S.DECLINED)]),
    "never reviewed": ([REVIEW, expires], [IN_REVIEW, (S.IN_REVIEW, K.RELEASED, S.EXPIRED)]),
    "cancelled in review": (
        [REVIEW, cancels], [IN_REVIEW, (S.IN_REVIEW, K.RELEASED, S.CANCELLED)],
    ),
    "cancelled": ([HELD, cancels], [AUTHORISED, (S.AUTHORIZED, K.RELEASED, S.CANCELLED)]),
    "expired": ([HELD, expires], [AUTHORISED, (S.AUTHORIZED, K.RELEASED, S.EXPIRED)]),
    "captured at once": ([HELD, captures()], [AUTHORISED, (S.AUTHORIZED, K.CAPTURED, S.SETTLED)]),
    "captured in parts": (
        [HELD, captures(30), captures(30), captures()],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.CAPTURED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.CAPTURED, S.SETTLED),
        ],
    ),
    "captured finally": (
        [HELD, captures(30, final=True)],
        [
            AUTHORISED, (S.AUTHORIZED, K.RELEASED, S.AUTHORIZED),
            (S.AUTHORIZED, K.CAPTURED, S.SETTLED),
        ],
    ),
    "captured finally and sent": (
        [HELD_FAR, captures(30, final=True), comes_back(1)],
        [
            AUTHORISED, (S.AUTHORIZED, K.RELEASED, S.AUTHORIZED),
            (S.AUTHORIZED, K.CAPTURED, S.CAPTURED), (S.CAPTURED, K.RETURNED, S.RETURNED),
        ],
    ),
    "captured in part and then finally": (
        [HELD, captures(30), captures(30, final=True)],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.RELEASED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.CAPTURED, S.SETTLED),
        ],
    ),
    "sent in parts that arrive": (
        [HELD_FAR, captures(30), arrives(1), captures(30), captures(), arrives(2), arrives(3)],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.COMPLETED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.CAPTURED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.CAPTURED, S.CAPTURED),
            (S.CAPTURED, K.COMPLETED, S.CAPTURED), (S.CAPTURED, K.COMPLETED, S.SETTLED),
        ],
    ),
    "sent in parts that come back": (
        [HELD_FAR, captures(30), comes_back(1), captures(30), captures(), comes_back(2),
         comes_back(3)],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.RETURNED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.CAPTURED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.CAPTURED, S.CAPTURED),
            (S.CAPTURED, K.RETURNED, S.CAPTURED), (S.CAPTURED, K.RETURNED, S.RETURNED),
        ],
    ),
    "one part arrives, one comes back": (
        [HELD_FAR, captures(30), captures(), arrives(1), comes_back(2)],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.CAPTURED, S.CAPTURED),
            (S.CAPTURED, K.COMPLETED, S.CAPTURED), (S.CAPTURED, K.RETURNED, S.SETTLED),
        ],
    ),
    "the rest is cancelled while a part is under way": (
        [HELD_FAR, captures(30), cancels],
        [AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.RELEASED, S.CAPTURED)],
    ),
    "the rest is cancelled when a part has arrived": (
        [HELD_FAR, captures(30), arrives(1), cancels],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.COMPLETED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.RELEASED, S.SETTLED),
        ],
    ),
    "the rest is cancelled when all has come back": (
        [HELD_FAR, captures(30), comes_back(1), cancels],
        [
            AUTHORISED, PART, (S.PARTIALLY_CAPTURED, K.RETURNED, S.PARTIALLY_CAPTURED),
            (S.PARTIALLY_CAPTURED, K.RELEASED, S.RETURNED),
        ],
    ),
    "refunded": (
        [pays("shop"), refunds(100), arrives(1)],
        [PAID, ASKED, (S.SETTLED, K.REFUNDED, S.REFUNDED)],
    ),
    "refunded in parts": (
        [pays("shop"), refunds(30), arrives(1), refunds(30), arrives(2), refunds(40), arrives(3)],
        [
            PAID, ASKED, (S.SETTLED, K.REFUNDED, S.PARTIALLY_REFUNDED),
            (S.PARTIALLY_REFUNDED, K.REFUND_REQUESTED, S.PARTIALLY_REFUNDED),
            (S.PARTIALLY_REFUNDED, K.REFUNDED, S.PARTIALLY_REFUNDED),
            (S.PARTIALLY_REFUNDED, K.REFUND_REQUESTED, S.PARTIALLY_REFUNDED),
            (S.PARTIALLY_REFUNDED, K.REFUNDED, S.REFUNDED),
        ],
    ),
    "refund declined": (
        [pays("shop"), refunds(30), comes_back(1)],
        [PAID, ASKED, (S.SETTLED, K.REFUND_DECLINED, S.SETTLED)],
    ),
    "refund declined after another was paid": (
        [pays("shop"), refunds(30), refunds(30), arrives(1), comes_back(2)],
        [
            PAID, ASKED, ASKED, (S.SETTLED, K.REFUNDED, S.PARTIALLY_REFUNDED),
            (S.PARTIALLY_REFUNDED, K.REFUND_DECLINED, S.PARTIALLY_REFUNDED),
        ],
    ),
}  # fmt: skip
NEVER_DECIDED = {(S.REFUNDED, K.REFUND_DECLINED, S.REFUNDED)}
"""Whoever is refunded in full has no refund under way: the table allows it to the ledger's past."""


@pytest.mark.parametrize("life", LIVES)
def test_a_life(scene, life):
    steps, expected = LIVES[life]
    lived = Life(scene)
    for step in steps:
        step(lived)
    assert lived.moves() == expected


def test_every_move_of_the_table_happens_in_one_of_them():
    lived = {move for _, moves in LIVES.values() for move in moves}
    assert lived == {(t.source, t.kind, t.target) for t in TRANSITIONS} - NEVER_DECIDED


def test_a_creditor_closed_meanwhile_sends_the_money_back(scene):
    """From debit to return: the counterpart's answer is what home records."""
    life = Life(scene)
    life.pay("far")
    (leg,) = life.legs.values()
    leg.creditor = scene.bert(state=CLOSED).number
    answered = scene.post_legs(leg)
    scene.settle_legs(leg, reasons=answered.reasons)
    assert life.moves()[-1] == (S.AUTHORIZED, K.RETURNED, S.RETURNED)
    assert scene.book.by_id[1, "anna"].posted == 500
