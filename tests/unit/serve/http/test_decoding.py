"""What is wrong with a body, told by place and reason."""

import msgspec
import pytest

from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.identity.tenants import TenantRequest
from headrace.serve.gateway.payments.payment_request import PaymentRequest
from headrace.serve.gateway.payments.payments import PaymentQuery
from headrace.serve.http.decoding import convert, decode
from headrace.serve.http.problems import Problem

R = Refusal
DECODER = msgspec.json.Decoder(PaymentRequest)
GOOD = '"debtor":"a","creditor":"b","currency":"EUR"'


def told(text: str | bytes) -> tuple[Refusal, str, str]:
    with pytest.raises(Problem) as refused:
        decode(DECODER, text)
    return refused.value.refusal, refused.value.field, refused.value.detail


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("0", "must be at least 1"),
        ("-5", "must be at least 1"),
        ("1.0", "expected an integer, got a number with a fraction or exponent"),
        ("1e3", "expected an integer, got a number with a fraction or exponent"),
        ("12.5", "expected an integer, got a number with a fraction or exponent"),
        ('"12"', "expected an integer, got a string"),
        ("true", "expected an integer, got a boolean"),
        ("null", "expected an integer, got null"),
        ("[1]", "expected an integer, got an array"),
        ("1000000000000001", "must be at most 1000000000000000"),
        ("9223372036854775808", "must be at most 1000000000000000"),
        ("9" * 5000, "is out of range"),
    ],
)
def test_an_amount_is_a_whole_number_within_bounds(amount: str, reason: str) -> None:
    assert told(f'{{{GOOD},"amount":{amount}}}') == (R.INVALID_AMOUNT, "amount", reason)


def test_the_largest_amount_passes() -> None:
    text = f'{{{GOOD},"amount":1000000000000000}}'
    assert decode(DECODER, text).amount == 10**15


ID = "must be 1 to 128 letters, digits and . _ : @ + = -, the first a letter or digit"
CONTROL = "must be 1 to 140 characters, none of them a control character"


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ('"amount":1,"colour":"red"', "colour", "unknown field"),
        ('"amount":1,"reference":"a\\u0000b"', "reference", CONTROL),
        ('"amount":1,"reference":"a\\n"', "reference", CONTROL),
        ('"amount":1,"reference":""', "reference", "must be at least 1 characters"),
        ('"amount":1,"description":"\\u0000"', "description",
         "must be text without NUL characters"),
        ('"amount":1,"capture":"later"', "capture", "is none of the values allowed"),
        ('"amount":1,"occurred_at":"2026-03-01T12:00:00"', "occurred_at",
         "must have an offset from UTC, such as Z"),
        ('"amount":1,"occurred_at":"yesterday"', "occurred_at",
         "must be a date and time as in RFC 3339"),
        ('"amount":1,"expires_in_s":0', "expires_in_s", "must be at least 1"),
        ('"amount":1,"metadata":{"a":1}', "metadata[...]", "expected a string, got an integer"),
        ('"amount":1,"metadata":{"":"x"}', "metadata", "must be at least 1 characters"),
        ('"amount":1,"metadata":[]', "metadata", "expected an object or null, got an array"),
    ],
)  # fmt: skip
def test_a_field_is_named_with_its_reason(fields: str, field: str, reason: str) -> None:
    assert told(f"{{{GOOD},{fields}}}") == (R.INVALID_FIELD, field, reason)


def test_a_missing_field_is_named() -> None:
    assert told('{"debtor":"a"}') == (R.INVALID_FIELD, "creditor", "required")


@pytest.mark.parametrize("id", ["", "-a", "a b", "a\\n", "é", "a/b", "a" * 129, "a\\u0000"])
def test_ids_have_a_form(id: str) -> None:
    refusal, field, _ = told(f'{{"debtor":"{id}","creditor":"b","amount":1,"currency":"EUR"}}')
    assert (refusal, field) == (R.INVALID_FIELD, "debtor")


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null"])
def test_a_body_that_is_no_object(body: str) -> None:
    refusal, field, _ = told(body)
    assert (refusal, field) == (R.INVALID_FIELD, "body")


@pytest.mark.parametrize(
    "body",
    [
        "", " ", "{", '{"debtor":}', "nonsense", '{"debtor":"a"} x', '{"amount":NaN}',
        '{"debtor":"\\ud800"}', b'{"debtor":"\xff"}', b"\xef\xbb\xbf{}",
    ],
)  # fmt: skip
def test_what_is_not_json(body: str | bytes) -> None:
    assert told(body)[0] is R.MALFORMED_JSON


def test_nesting_without_end_is_refused() -> None:
    assert told('{"debtor":' + "[" * 200_000)[0] in (R.MALFORMED_JSON, R.INVALID_FIELD)


def test_parameters_are_text_that_is_converted() -> None:
    query = convert({"limit": "5", "created_from": "2026-03-01T12:00:00Z"}, PaymentQuery)
    assert query.limit == 5
    assert convert({"debtor": "null"}, PaymentQuery).debtor == "null"
    assert convert({"debtor": "17"}, PaymentQuery).debtor == "17"
    for wrong in ({"limit": "0"}, {"limit": "x"}, {"colour": "red"}, {"status": "paid"},
                  {"created_to": "0.5"}, {"created_to": "1700000000"}, {"created_to": "null"},
                  {"limit": "1.0"}, {"limit": "null"}, {"limit": "9" * 5000}):  # fmt: skip
        with pytest.raises(Problem) as refused:
            convert(wrong, PaymentQuery)
        assert refused.value.refusal is R.INVALID_FIELD
        assert refused.value.field == next(iter(wrong))


def test_a_form_is_told_in_words_wherever_it_was_written() -> None:
    """The words were read when decoding was imported, and a tenant's form was written later."""
    with pytest.raises(Problem) as refused:
        decode(msgspec.json.Decoder(TenantRequest), b'{"name":"a b"}')
    assert refused.value.detail == "must be 1 to 63 letters, digits, dots, hyphens and underscores"
