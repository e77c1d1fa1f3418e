"""What a record says was asked for: every request that can have led to it, and no other."""

from typing import Any

import pytest

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.reasons import DeclineReason as R
from headrace.runtime.journal.record import NO_LEG
from headrace.runtime.keys.cipher import NONCE_BYTES, Cipher
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import KeyName, Where, seal
from headrace.runtime.keys.subject_keys import SQL as SUBJECT_KEYS
from headrace.runtime.ledger.verify import fingerprints as checked
from headrace.runtime.payments import fingerprint
from headrace.runtime.payments.command import PaymentAction as A

AT = 1_700_000_000_000_000
EUR, PAYMENT, SECOND_US = 978, bytes(range(16)), 1_000_000


def row(kind: K, fingerprint: int, **fields: Any) -> dict[str, Any]:
    """Of anna's payment of 250 to the shop."""
    given = {
        "kind": kind, "partition": 3, "seq": 7, "payment": PAYMENT, "leg": 0, "reason": 0,
        "debtor": "anna", "creditor": "shop", "amount": 250, "currency": EUR, "at": AT,
        "occurred_at": AT, "expires_at": None, "reference": "ref", "details": b"{}",
    }  # fmt: skip
    return {**given, "fingerprint": fingerprint, **fields}


def asked(**fields: Any) -> int:
    """The fingerprint of the request for it."""
    given = {
        "debtor": "anna", "creditor": "shop", "amount": 250, "currency": EUR, "manual": False,
        "occurred_at": 0, "expires_in_s": 0, "reference": "ref", "text": b"{}",
    }  # fmt: skip
    return fingerprint.payment(**{**given, **fields})


class Ledger:
    """Rows, handed out some at a time."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)

    async def cursor(self, statement: str) -> "Ledger":
        assert "fingerprint" in statement
        return self

    async def fetch(self, most: int) -> list[dict[str, Any]]:
        assert most > 0
        told, self.rows = self.rows[:2], self.rows[2:]
        return told


async def found(*rows: dict[str, Any]) -> tuple[str, int, str | None]:
    told = await checked.fingerprints_are_the_requests(Ledger(*rows))
    return told.figure, told.wrong, told.first


FINE = {
    "a payment": row(K.SETTLED, asked()),
    "a payment with the time that it was made at": row(K.SETTLED, asked(occurred_at=AT)),
    "a payment of an earlier time": row(
        K.DEBITED, asked(occurred_at=AT - 5), occurred_at=AT - 5
    ),
    "a payment for a capture": row(
        K.HELD, asked(manual=True), leg=NO_LEG, expires_at=AT + 3_600 * SECOND_US
    ),
    "a hold of a length": row(
        K.HELD, asked(manual=True, expires_in_s=86_401), leg=NO_LEG,
        expires_at=AT + 86_401 * SECOND_US,
    ),
    "a hold of ninety days": row(
        K.HELD, asked(manual=True, expires_in_s=7_776_000), leg=NO_LEG,
        expires_at=AT + 7_776_000 * SECOND_US,
    ),
    "a hold of which no end is known": row(K.HELD, asked(manual=True), leg=NO_LEG),
    "a payment in review": row(
        K.HELD_FOR_REVIEW, asked(), expires_at=AT + 3_600 * SECOND_US
    ),
    "a deposit": row(
        K.DEPOSITED, fingerprint.fund("shop", 250, EUR, "ref", b"{}"), debtor=None
    ),
    "a withdrawal": row(
        K.WITHDRAWN, fingerprint.fund("anna", -250, EUR, "ref", b"{}"), creditor=None
    ),
    "a capture of an amount": row(K.CAPTURED, fingerprint.capture(PAYMENT, 250, True), leg=1),
    "a capture that is not the last": row(
        K.CAPTURED, fingerprint.capture(PAYMENT, 250, False), leg=2
    ),
    "a capture of all": row(K.CAPTURED, fingerprint.capture(PAYMENT, 0, True), leg=1),
    "a capture of all that is not the last": row(
        K.CAPTURED, fingerprint.capture(PAYMENT, 0, False), leg=1
    ),
    "a payment accepted": row(K.CAPTURED, fingerprint.decision(A.ACCEPT, PAYMENT)),
    "a hold accepted": row(K.ACCEPTED, fingerprint.decision(A.ACCEPT, PAYMENT)),
    "a payment rejected": row(
        K.RELEASED, fingerprint.decision(A.REJECT, PAYMENT), reason=R.REVIEW_REJECTED
    ),
    "a hold cancelled": row(K.RELEASED, fingerprint.decision(A.CANCEL, PAYMENT)),
    "a refund": row(K.REFUND_REQUESTED, fingerprint.refund(PAYMENT, 250), leg=1),
    "a refund of all": row(K.REFUND_REQUESTED, fingerprint.refund(PAYMENT, 0), leg=1),
}  # fmt: skip


@pytest.mark.parametrize("kind", FINE)
async def test_what_was_asked_explains_its_record(kind: str) -> None:
    assert await found(FINE[kind]) == ("1 fingerprints, 0 unchecked", 0, None)


FORGED = {
    "a time that is not the record's": row(K.SETTLED, asked(), occurred_at=AT - 5),
    "a hold of another length": row(
        K.HELD, asked(manual=True, expires_in_s=3_601), leg=NO_LEG,
        expires_at=AT + 3_600 * SECOND_US,
    ),
    "a hold said to be none": row(
        K.HELD, asked(), leg=NO_LEG, expires_at=AT + 3_600 * SECOND_US
    ),
    "a deposit of another amount": row(
        K.DEPOSITED, fingerprint.fund("shop", 251, EUR, "ref", b"{}"), debtor=None
    ),
    "a deposit that was a withdrawal": row(
        K.DEPOSITED, fingerprint.fund("shop", -250, EUR, "ref", b"{}"), debtor=None
    ),
    "a withdrawal that was a deposit": row(
        K.WITHDRAWN, fingerprint.fund("anna", 250, EUR, "ref", b"{}"), creditor=None
    ),
    "a capture of one": row(K.CAPTURED, fingerprint.capture(PAYMENT, 1, True), leg=1),
    "a capture taken for an acceptance": row(
        K.CAPTURED, fingerprint.capture(PAYMENT, 250, True)
    ),
    "an acceptance taken for a capture": row(
        K.CAPTURED, fingerprint.decision(A.ACCEPT, PAYMENT), leg=1
    ),
    "a rejection taken for a cancellation": row(
        K.RELEASED, fingerprint.decision(A.REJECT, PAYMENT)
    ),
    "a cancellation taken for a rejection": row(
        K.RELEASED, fingerprint.decision(A.CANCEL, PAYMENT), reason=R.REVIEW_REJECTED
    ),
    "a refund of one": row(K.REFUND_REQUESTED, fingerprint.refund(PAYMENT, 1), leg=1),
    "a payment of nobody": row(K.SETTLED, asked(), debtor=None),
    "a payment to nobody": row(K.SETTLED, asked(), creditor=None),
    "a kind that nobody asks for": row(K.CREDITED, fingerprint.refund(PAYMENT, 250)),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
async def test_what_was_asked_otherwise_is_wrong(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lengths(monkeypatch, 120)
    assert await found(FORGED[kind]) == ("1 fingerprints, 0 unchecked", 1, "3:7")


async def test_the_first_that_is_wrong_is_told_and_all_are_counted() -> None:
    wrong = [row(K.REFUND_REQUESTED, 5, seq=seq) for seq in (8, 9)]
    told = await found(FINE["a refund"], *wrong, FINE["a deposit"])
    assert told == ("4 fingerprints, 0 unchecked", 2, "3:8")


# Sealed texts

MASTER = MasterKey(bytes(32))
SUBJECT = KeyName(77, 0)


class Sealed(Ledger):
    """Whose texts are sealed under one key, unless it was destroyed."""

    destroyed = False

    async def fetch(self, *asked: Any) -> list[Any]:
        if isinstance(asked[0], int):
            return await super().fetch(*asked)
        statement, subjects, generations = asked
        assert statement == SUBJECT_KEYS["living"]
        assert (subjects, generations) == ([77], [0])
        kept = MASTER.wrap(*SUBJECT, bytes(32), lambda n: bytes(n))
        living = {"subject": 77, "generation": 0, "wrapped": kept}
        return [] if self.destroyed else [living]


def sealed(text: bytes, asked_with: bytes, seq: int = 7) -> dict[str, Any]:
    """A payment whose fingerprint was made with a text of which only the digest goes in."""
    made = row(K.SETTLED, asked(text=MASTER.digest.of(asked_with)), seq=seq)
    where = Where(3, seq, PAYMENT)
    made["details"] = seal(Cipher(bytes(32)), SUBJECT, where, text, bytes(NONCE_BYTES))
    return made


async def found_sealed(
    *rows: dict[str, Any], master: MasterKey | None = MASTER, destroyed: bool = False
) -> tuple[str, int, str | None]:
    ledger = Sealed(*rows)
    ledger.destroyed = destroyed
    told = await checked.fingerprints_are_the_requests(ledger, master)
    return told.figure, told.wrong, told.first


async def test_a_sealed_text_is_opened_and_explains_its_record() -> None:
    rows = [
        row(K.SETTLED, asked(text=None), details=None),
        sealed(b"{}", b"{}"),
        sealed(b'{"description":"words"}', b'{"description":"words"}', seq=9),
    ]
    assert await found_sealed(*rows[:2]) == ("2 fingerprints, 0 unchecked", 0, None)
    assert await found_sealed(rows[2], rows[1]) == ("2 fingerprints, 0 unchecked", 0, None)


async def test_a_text_that_can_not_be_opened_leaves_its_record_unchecked() -> None:
    rows = [sealed(b"{}", b"{}"), sealed(b"{}", b"other", seq=8)]
    unchecked = ("2 fingerprints, 2 unchecked", 0, None)
    assert await found_sealed(*rows, destroyed=True) == unchecked
    assert await found_sealed(*rows, master=None) == unchecked


async def test_a_text_that_was_changed_is_wrong() -> None:
    changed = sealed(b"{}", b"{}", seq=8)
    changed["details"] = changed["details"][:-1] + bytes([changed["details"][-1] ^ 1])
    moved = sealed(b"{}", b"{}", seq=9) | {"seq": 10}
    told = await found_sealed(sealed(b"{}", b"{}"), changed, moved)
    assert told == ("3 fingerprints, 0 unchecked", 2, "3:8")


async def test_a_payment_whose_account_has_no_name_is_wrong() -> None:
    for party in ("debtor", "creditor"):
        nameless = row(K.SETTLED, asked(), **{party: None})
        assert await found(nameless) == ("1 fingerprints, 0 unchecked", 1, "3:7")


async def test_a_record_that_has_no_business_with_a_key_is_wrong() -> None:
    assert await found(row(K.COMPLETED, 5)) == ("1 fingerprints, 0 unchecked", 1, "3:7")


# Lengths of holds that a record doesn't show


def _lengths(monkeypatch: pytest.MonkeyPatch, seconds_max: int) -> None:
    monkeypatch.setattr(checked, "EXPIRES_IN_S_MAX", seconds_max)
    monkeypatch.setattr(checked, "WHOLE_MINUTES", range(60, seconds_max + 1, 60))


def for_hours(seconds: int, seq: int = 7) -> dict[str, Any]:
    """A payment declined, though it was to be held so long."""
    return row(K.DECLINED, asked(manual=True, expires_in_s=seconds), leg=NO_LEG, seq=seq)


@pytest.mark.parametrize("seconds", [1, 59, 60, 61, 299, 300])
async def test_every_length_explains_a_payment_that_held_nothing(
    seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lengths(monkeypatch, 300)
    assert await found(for_hours(seconds)) == ("1 fingerprints, 0 unchecked", 0, None)


async def test_the_longest_length_explains_though_it_is_no_whole_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _lengths(monkeypatch, 301)
    assert await found(for_hours(301)) == ("1 fingerprints, 0 unchecked", 0, None)


async def test_a_kind_whose_requests_nobody_can_make_is_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checked, "_candidates", lambda row, text: None)
    assert await found(row(K.SETTLED, 5)) == ("1 fingerprints, 1 unchecked", 0, None)


async def test_a_length_that_the_api_refuses_explains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _lengths(monkeypatch, 300)
    assert await found(for_hours(301)) == ("1 fingerprints, 0 unchecked", 1, "3:7")


async def test_the_longest_hold_of_the_api_is_found_among_whole_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checked, "ALL_TRIED_MAX", 0)
    ninety_days = 90 * 24 * 3600
    assert await found(for_hours(ninety_days)) == ("1 fingerprints, 0 unchecked", 0, None)
    longer = await found(for_hours(ninety_days + 60))
    assert longer == ("1 fingerprints, 1 unchecked", 0, None)


async def test_all_seconds_are_tried_for_two_records(monkeypatch: pytest.MonkeyPatch) -> None:
    _lengths(monkeypatch, 300)
    odd = [for_hours(61 + n, seq=n) for n in range(4)]
    assert await found(*odd) == ("4 fingerprints, 2 unchecked", 0, None)


async def test_whole_minutes_are_tried_for_so_many_records(monkeypatch: pytest.MonkeyPatch) -> None:
    _lengths(monkeypatch, 6_000)
    monkeypatch.setattr(checked, "MINUTES_TRIED_MAX", 3)
    minutes = [for_hours(60 + 60 * n, seq=n) for n in range(6)]
    assert await found(*minutes) == ("6 fingerprints, 3 unchecked", 0, None)


async def test_whole_minutes_are_tried_for_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    _lengths(monkeypatch, 6_000)
    minutes = [for_hours(60 + 60 * n, seq=n) for n in range(52)]
    assert await found(*minutes) == ("52 fingerprints, 2 unchecked", 0, None)


async def test_a_length_that_was_found_is_tried_first_and_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _lengths(monkeypatch, 6_000)
    monkeypatch.setattr(checked, "MINUTES_TRIED_MAX", 2)
    monkeypatch.setattr(checked, "ALL_TRIED_MAX", 1)
    rows = [for_hours(seconds, seq=seconds) for seconds in (61, 120, *[61, 120] * 9)]
    assert await found(*rows) == ("20 fingerprints, 0 unchecked", 0, None)


async def test_sixty_four_lengths_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    _lengths(monkeypatch, 6_000)
    monkeypatch.setattr(checked, "MINUTES_TRIED_MAX", 65)
    minutes = [for_hours(60 * n, seq=n) for n in range(1, 66)]
    assert await found(*minutes, *minutes[1:]) == ("129 fingerprints, 0 unchecked", 0, None)
    assert await found(*minutes, minutes[0]) == ("66 fingerprints, 1 unchecked", 0, None)


async def test_the_length_found_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is found again and moves to the front, so that the other goes."""
    _lengths(monkeypatch, 600)
    monkeypatch.setattr(checked, "REMEMBERED_MAX", 2)
    monkeypatch.setattr(checked, "MINUTES_TRIED_MAX", 3)
    rows = [for_hours(s, seq=s) for s in (60, 120, 60, 180, 60, 120)]
    assert await found(*rows) == ("6 fingerprints, 1 unchecked", 0, None)
