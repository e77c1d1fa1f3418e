"""Normal forms of identity: `"metadata":{}` under the key of a request without was `key_reused`,
and the same key in quotation marks another key, so that a retry by another library paid again.

| door | input | |
|---|---|---|
| payment, single and in a batch | `metadata` empty, null, left out | found |
| the same, deposit, withdrawal | `description` empty, null, left out | found |
| capture, refund | no body, `{}`, defaults spelled out | clean |
| any | times in other offsets, names of metadata in another order | clean |
| the answer to it, and its replay | what was empty is null in both | found: `{}` and `{}` |
| header Idempotency-Key | `"key"`, as structured fields write a string | found |
| `idempotency_key` of a batch's item, and in a query | JSON's and the query's own quoting | clean |
"""

from typing import Any

import msgspec
import pytest

from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.gateway.accounts.account_request import FundRequest, fund_command
from headrace.serve.gateway.payments.payment_request import PaymentRequest, command
from headrace.serve.http.admission import Admission
from headrace.serve.http.problems import Problem
from headrace.serve.http.request import Request

DIGEST = TextDigest(bytes(32))
PAYMENT = {"debtor": "alice", "creditor": "bob", "amount": 1250, "currency": "EUR"}
FUND = {"amount": 1250, "currency": "EUR"}
NOW = 1_700_000_000_000_000
EMPTY: list[dict[str, Any]] = [
    {"metadata": {}}, {"metadata": None}, {"description": ""}, {"description": None},
    {"description": "", "metadata": {}}, {"reference": None},
]  # fmt: skip


def payment(fields: dict[str, Any]) -> Any:
    asked = msgspec.convert(PAYMENT | fields, PaymentRequest)
    return command(asked, 7, "k", bytes(16), NOW, b"", DIGEST)


def deposit(fields: dict[str, Any]) -> Any:
    asked = msgspec.convert(FUND | fields, FundRequest)
    return fund_command(asked, 7, "alice", "k", bytes(16), DIGEST, deposit=True)


@pytest.mark.parametrize("fields", EMPTY)
@pytest.mark.parametrize("made", [payment, deposit])
def test_what_is_empty_is_absent(made: Any, fields: dict[str, Any]) -> None:
    assert made(fields).fingerprint == made({}).fingerprint
    assert made(fields).details is None
    told = {"description": "d", "metadata": {"a": "1"}}
    assert made(told).fingerprint != made({}).fingerprint
    assert made({"metadata": {"a": "1"}} | fields).fingerprint == (
        made({"metadata": {"a": "1"}}).fingerprint
        if "metadata" not in fields
        else made({}).fingerprint
    )


def key_of(header: str) -> str | None:
    async def receive() -> Any:
        raise AssertionError("no body is read")

    scope = {"method": "POST", "headers": [(b"idempotency-key", header.encode("latin-1"))]}
    return Request(scope, receive, "/", Admission(GatewaySettings())).optional_idempotency_key()


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (r'"a\"b\\c"', r'a"b\c'), (r'a"b\c', r'a"b\c'), ("'k'", "'k'"), ("k\"", "k\""),
        ('"' + "x" * 255 + '"', "x" * 255),
    ],
)  # fmt: skip
def test_a_quoted_key_is_that_key(header: str, key: str) -> None:
    assert key_of(header) == key


@pytest.mark.parametrize(
    "header",
    [
        '""', '"', '"k', '"a"b"', r'"a\b"', '"a b"', '"k";p=1', '"a","b"', '"é"',
        '"' + "x" * 256 + '"',
    ],
)  # fmt: skip
def test_what_is_no_quoted_key_is_none(header: str) -> None:
    with pytest.raises(Problem) as refused:
        key_of(header)
    assert refused.value.refusal is Refusal.INVALID_FIELD
    assert refused.value.field == "Idempotency-Key"
