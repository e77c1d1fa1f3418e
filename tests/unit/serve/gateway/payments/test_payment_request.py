"""From a request to a command: normal forms, fingerprints, contradictions."""

from typing import Any

import msgspec
import pytest

from headrace.runtime.clock import DAY_US, from_us, iso
from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.payments.command import Pay
from headrace.runtime.payments.fingerprint import payment
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.payments.payment_request import (
    PaymentRequest,
    command,
    details,
    fingerprint,
)
from headrace.serve.http.problems import Problem

NOW = 1_772_366_400_000_000
GOOD = {"debtor": "alice", "creditor": "bob", "amount": 1250, "currency": "EUR"}
BY = bytes(range(16))
TRACE = bytes(range(16))
DIGEST = TextDigest(bytes(32))


def told(key: str | None = "k", **fields: Any) -> Pay:
    request = msgspec.convert({**GOOD, **fields}, PaymentRequest)
    return command(request, 7, key, TRACE, NOW, BY, DIGEST)


def refused(key: str | None = "k", **fields: Any) -> tuple[Refusal, str]:
    with pytest.raises(Problem) as problem:
        told(key, **fields)
    return problem.value.refusal, problem.value.field


def test_a_plain_payment() -> None:
    pay = told()
    assert (pay.tenant, pay.debtor, pay.creditor, pay.amount) == (7, "alice", "bob", 1250)
    assert (pay.currency, pay.key, pay.trace) == (978, "k", TRACE)
    assert (pay.manual_capture, pay.occurred_at, pay.expires_in_s) == (False, 0, 0)
    assert (pay.reference, pay.details) == (None, None)


def test_the_fingerprint_is_what_ledgers_hold() -> None:
    """A known key is compared with what an earlier version wrote: these must never change."""
    assert told().fingerprint == 6385232526721177976
    assert told(
        capture="manual", occurred_at="2018-04-01T02:00:31+02:00", expires_in_s=60, reference="r",
        description="d", metadata={"b": "2", "a": "1"},
    ).fingerprint == -921381728405174290  # fmt: skip


def test_the_same_said_otherwise_has_the_same_fingerprint() -> None:
    assert told(capture="automatic", reference=None).fingerprint == told().fingerprint
    assert (
        told(occurred_at="2018-04-01T02:00:31+02:00").fingerprint
        == told(occurred_at="2018-04-01T00:00:31.000Z").fingerprint
    )
    assert (
        told(metadata={"b": "2", "a": "1"}).details == told(metadata={"a": "1", "b": "2"}).details
    )
    assert told("k").fingerprint == told("other").fingerprint
    for empty in ({"description": ""}, {"metadata": {}}, {"description": "", "metadata": None}):
        assert told(**empty).fingerprint == told().fingerprint
    assert (
        told(description="", metadata={"a": "1"}).fingerprint
        == told(metadata={"a": "1"}).fingerprint
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"debtor": "alicf"}, {"creditor": "bo"}, {"amount": 1251}, {"currency": "USD"},
        {"capture": "manual"}, {"occurred_at": "2018-04-01T00:00:31Z"}, {"expires_in_s": 1},
        {"reference": "r"}, {"description": "d"}, {"metadata": {"a": "1"}},
        {"debtor": "bob", "creditor": "alice"},
    ],
)  # fmt: skip
def test_anything_different_has_another_fingerprint(fields: dict[str, Any]) -> None:
    assert told(**fields).fingerprint != told().fingerprint


def test_a_fingerprint_does_not_confirm_a_guess_at_the_text() -> None:
    """Few words are soon guessed, and a fingerprint is never forgotten."""
    pay = told(description="rent")
    guess = b'{"description":"rent"}'
    assert pay.details == guess
    asked = ("alice", "bob", 1250, 978, False, 0, 0, None)
    assert pay.fingerprint != payment(*asked, guess)
    assert pay.fingerprint != payment(*asked, TextDigest(b"another ledger's").of(guess))
    assert pay.fingerprint == payment(*asked, DIGEST.of(guess))


def test_a_fingerprint_fits_the_ledger() -> None:
    prints = [fingerprint("payment", n) for n in range(1000)]
    assert all(-(2**63) <= p < 2**63 for p in prints)
    assert min(prints) < 0 < max(prints)


def test_details_hold_only_what_was_given() -> None:
    assert details(None, None) is None
    assert details("", {}) is None
    assert details("", {"a": "1"}) == b'{"metadata":{"a":"1"}}'
    assert details("d", {}) == b'{"description":"d"}'
    assert details("é", {"b": "2", "a": "1"}) == (
        '{"description":"é","metadata":{"a":"1","b":"2"}}'.encode()
    )


def test_contradictions_in_order_of_precedence() -> None:
    wrong = {"currency": "XYZ", "creditor": "alice"}
    assert refused(None, **wrong) == (Refusal.UNKNOWN_CURRENCY, "currency")
    assert refused(None, creditor="alice") == (
        Refusal.IDEMPOTENCY_KEY_MISSING, "Idempotency-Key",
    )  # fmt: skip
    assert refused(creditor="alice") == (Refusal.SAME_ACCOUNT, "creditor")


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "XAU", "€"])
def test_currencies_are_iso_4217_money(currency: str) -> None:
    assert refused(currency=currency) == (Refusal.UNKNOWN_CURRENCY, "currency")


def test_a_payment_was_taken_after_1970_and_not_far_ahead() -> None:
    assert told(occurred_at=iso(from_us(NOW + DAY_US))).occurred_at == NOW + DAY_US
    assert told(occurred_at="1970-01-01T00:00:00.000001Z").occurred_at == 1
    for moment in (
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00+10:00",
        iso(from_us(NOW + DAY_US + 1)),
    ):
        assert refused(occurred_at=moment) == (Refusal.INVALID_FIELD, "occurred_at")
