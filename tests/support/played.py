"""One of everything that can happen to a payment, in a model's books."""

import json

from support.books import SECOND_US, START_US, Books, S

from headrace.runtime.journal.reasons import DeclineReason


class Scene:
    """What `play` put in: accounts and payments by what became of them."""

    def __init__(self) -> None:
        self.anna = self.shop = self.kiosk = self.credit = self.limited = ""
        self.yen = self.closed = ""
        self.numbers: dict[str, int] = {}
        self.payments: dict[str, bytes] = {}


def play(books: Books) -> Scene:
    """All of it."""
    scene = Scene()
    scene.anna, scene.shop = books.name(0), books.name(2)
    scene.kiosk, scene.credit = books.name(1), books.name(3, credit_line=5_000)
    anna, shop, kiosk = scene.anna, scene.shop, scene.kiosk
    books.deposit(anna, 1_000_000)
    books.deposit(anna, -1_000)
    details = json.dumps({"description": "Grüße", "metadata": {"a": "1"}}).encode()
    p = scene.payments
    p["settled"] = books.pay(anna, shop, 100, reference="ref-1", details=details, risk_score=42,
                             risk_flags=24, risk_model=3)  # fmt: skip
    p["crossed"] = books.pay(anna, kiosk, 200, reference="ref-1")
    p["debited"] = books.pay(anna, kiosk, 300, stop="debited")
    p["credited"] = books.pay(anna, kiosk, 400, stop="credited")
    p["declined"] = books.decline(anna, kiosk, 2_000_000, risk_score=7)
    p["overdrawn"] = books.pay(scene.credit, kiosk, 5_000)
    p["held"] = books.hold(anna, kiosk, 500)
    p["in_review"] = books.hold(anna, shop, 600, review=True)
    p["accepted"] = books.hold(anna, kiosk, 610, review=True)
    books.capture(p["accepted"], 0, 610, S.SETTLED)
    p["rejected"] = books.hold(anna, shop, 620, review=True)
    books.release(p["rejected"], 620, S.DECLINED, reason=DeclineReason.REVIEW_REJECTED)
    p["cancelled"] = books.hold(anna, shop, 630)
    books.release(p["cancelled"], 630, S.CANCELLED)
    p["captured"] = books.hold(anna, shop, 1_000)
    books.capture(p["captured"], 1, 300, S.PARTIALLY_CAPTURED)
    books.release(p["captured"], 300, S.PARTIALLY_CAPTURED, leg=2)
    books.capture(p["captured"], 2, 400, S.SETTLED)
    p["capturing"] = books.hold(anna, kiosk, 1_100)
    books.capture(p["capturing"], 1, 300, S.PARTIALLY_CAPTURED)
    books.release(p["capturing"], 300, S.PARTIALLY_CAPTURED, leg=2)
    books.capture(p["capturing"], 2, 500, S.SETTLED, stop="debited")
    _refund(books, scene)
    _end_otherwise(books, scene)
    scene.numbers = books.numbers
    return scene


def _refund(books: Books, scene: Scene) -> None:
    p, anna, shop, kiosk = scene.payments, scene.anna, scene.shop, scene.kiosk
    p["refunded"] = books.pay(anna, shop, 700)
    books.refund(p["refunded"], 1, 200, (S.SETTLED, S.PARTIALLY_REFUNDED))
    books.refund(p["refunded"], 2, 500, (S.PARTIALLY_REFUNDED, S.REFUNDED))
    p["refunding"] = books.pay(anna, kiosk, 800)
    books.refund(p["refunding"], 1, 100, (S.SETTLED, S.SETTLED), stop="declined")
    books.refund(p["refunding"], 2, 100, (S.SETTLED, S.PARTIALLY_REFUNDED), stop="debited")
    p["part_refunded"] = books.pay(anna, shop, 850)
    books.refund(p["part_refunded"], 1, 50, (S.SETTLED, S.PARTIALLY_REFUNDED))


def _end_otherwise(books: Books, scene: Scene) -> None:
    p, anna, shop, kiosk = scene.payments, scene.anna, scene.shop, scene.kiosk
    p["returned"] = books.pay(anna, kiosk, 900, stop="debited")
    books.bounce(p["returned"], 0, 900, S.RETURNED)
    books.epoch = 2
    p["reviewed_for_capture"] = books.hold(anna, kiosk, 640, review=True, manual=True)
    books.accept(p["reviewed_for_capture"])
    books.capture(p["reviewed_for_capture"], 1, 640, S.SETTLED)
    p["lapsed"] = books.hold(anna, shop, 650)
    books.release(p["lapsed"], 650, S.EXPIRED)
    p["review_lapsed"] = books.hold(anna, shop, 660, review=True, expires_in_s=86_400)
    books.release(p["review_lapsed"], 660, S.EXPIRED, reason=DeclineReason.REVIEW_EXPIRED)
    p["taken_before"] = books.pay(anna, kiosk, 670, occurred_at=START_US - 60 * SECOND_US)
    p["refund_asked"] = books.pay(anna, kiosk, 680)
    books.refund(p["refund_asked"], 1, 30, (S.SETTLED, S.SETTLED), stop="requested")
    books.change(anna, state="frozen", payment_max=10_000)
    scene.limited = books.name(2, payment_max=10_000)
    books.deposit(scene.limited, 10_000)
    p["limited"] = books.pay(scene.limited, shop, 10_000)
    scene.closed = books.name(1)
    books.change(scene.closed, state="closed")
    scene.yen = books.name(0, currency=392)
    books.deposit(scene.yen, 5, currency=392)
