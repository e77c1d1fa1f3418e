"""A payment as clients ask for it, and as a partition is told to make it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from headrace.runtime.clock import DAY_US, to_us
from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.money import currency_number
from headrace.runtime.payments import fingerprint as fingerprints
from headrace.runtime.payments.command import Pay
from headrace.runtime.payments.fingerprint import fingerprint as fingerprint
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.details import details
from headrace.serve.gateway.fields import (
    AccountId,
    Amount,
    Currency,
    Description,
    Metadata,
    Moment,
    Reference,
    Seconds,
)
from headrace.serve.http.forms import IdempotencyKey
from headrace.serve.http.problems import Problem


class PaymentRequest(
    Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False
):
    """Pay a creditor from a debtor."""

    debtor: AccountId
    creditor: AccountId
    amount: Amount
    currency: Currency
    capture: Annotated[
        Literal["automatic", "manual"],
        Meta(
            description="`manual` holds the amount until it is captured, cancelled or expires.",
            examples=["automatic"],
        ),
    ] = "automatic"
    occurred_at: (
        Annotated[
            Moment,
            Meta(
                description="When the payment was taken, if elsewhere or earlier; at most a day"
                " ahead. Risk windows use it, daily limits do not."
            ),
        ]
        | None
    ) = None
    expires_in_s: (
        Annotated[Seconds, Meta(description="How long a hold may last. Default: 7 days.")] | None
    ) = None
    reference: Annotated[Reference, Meta(description="Yours, to find the payment by.")] | None = (
        None
    )
    description: Description | None = None
    metadata: Metadata | None = None


class BatchPaymentRequest(PaymentRequest, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A payment in a batch: with the key that a single one has in its header."""

    idempotency_key: IdempotencyKey


def occurred_us(moment: datetime, now_us: int) -> int:
    """Microseconds of a moment that can have been; raises Problem."""
    us = to_us(moment)
    if not 0 < us <= now_us + DAY_US:
        raise Problem(
            Refusal.INVALID_FIELD, "must be after 1970 and at most a day ahead", "occurred_at"
        )
    return us


def command(
    request: PaymentRequest, tenant: int, key: str | None, trace: bytes, now_us: int, by: bytes,
    digest: TextDigest,
) -> Pay:  # fmt: skip
    """What a partition is told; raises Problem where fields contradict each other. `by`: the id of
    the API key that asks, no part of the fingerprint; `digest`: of the ledger."""
    currency = currency_number(request.currency)
    if currency is None:
        raise Problem(Refusal.UNKNOWN_CURRENCY, "not an ISO 4217 code of money", "currency")
    if key is None:
        raise Problem(Refusal.IDEMPOTENCY_KEY_MISSING, "required", "Idempotency-Key")
    debtor, creditor = request.debtor, request.creditor
    if debtor == creditor:
        raise Problem(Refusal.SAME_ACCOUNT, "is the debtor too", "creditor")
    moment = request.occurred_at
    occurred_at = 0 if moment is None else occurred_us(moment, now_us)
    manual = request.capture == "manual"
    expires_in_s = request.expires_in_s or 0
    extra = text = None
    if request.description or request.metadata:
        extra = details(request.description, request.metadata)
        text = digest.of(extra)
    return Pay(
        tenant,
        debtor,
        creditor,
        request.amount,
        currency,
        key,
        fingerprints.payment(
            debtor, creditor, request.amount, currency, manual, occurred_at, expires_in_s,
            request.reference, text,
        ),
        trace,
        manual,
        occurred_at,
        expires_in_s,
        request.reference,
        extra,
        by,
    )  # fmt: skip
