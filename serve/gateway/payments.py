"""/v1/payments: made and read."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.ledger.cursors import InvalidCursor
from headrace.runtime.ledger.read_payment_lists import Filter
from headrace.runtime.ledger.views import Page, PaymentView, TimelineEntry
from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.payments.states import PaymentState
from headrace.serve.gateway import reply
from headrace.serve.gateway.decoding import decode
from headrace.serve.gateway.examples import PAYMENT, TIMELINE
from headrace.serve.gateway.fields import AccountId, IdempotencyKey, Moment, Reference
from headrace.serve.gateway.listing import ListQuery, NextCursor, invalid_cursor
from headrace.serve.gateway.payment_answer import STATES
from headrace.serve.gateway.payment_request import PaymentRequest, command
from headrace.serve.gateway.payment_view import fresh
from headrace.serve.gateway.platform import Platform
from headrace.serve.gateway.reply import Reply
from headrace.serve.gateway.request import Request
from headrace.serve.gateway.route import Answer, Family
from headrace.serve.problems import CODES, Problem

R = Refusal
StateName = Literal[
    "in_review", "authorized", "partially_captured", "captured", "settled", "partially_refunded",
    "refunded", "declined", "cancelled", "expired", "returned",
]  # fmt: skip
"""PaymentState in words (a test compares them)."""
_NUMBERS = {name: PaymentState(number) for number, name in STATES.items()}
_AUTHORIZED = int(PaymentState.AUTHORIZED)

REPLAYED = (b"idempotent-replayed", b"true")
PREFERENCE_APPLIED = ("Preference-Applied", "The wait that was allowed, when one was asked for.")
REPLAYED_HEADER = ("Idempotent-Replayed", "`true` when the key was known.")
KEYED_HEADERS = (REPLAYED_HEADER, PREFERENCE_APPLIED)


class PaymentQuery(ListQuery, forbid_unknown_fields=True, kw_only=True):
    """Which payments. Filters add up; `idempotency_key` stands alone."""

    idempotency_key: IdempotencyKey | UnsetType = UNSET
    reference: Reference | UnsetType = UNSET
    debtor: AccountId | UnsetType = UNSET
    creditor: AccountId | UnsetType = UNSET
    status: Annotated[StateName, Meta(description="Payments that stand so now.")] | UnsetType = (
        UNSET
    )
    created_from: (
        Annotated[Moment, Meta(description="Made at this moment or later.")] | UnsetType
    ) = UNSET
    created_to: Annotated[Moment, Meta(description="Made before this moment.")] | UnsetType = UNSET


class PaymentList(Struct):
    """A page of payments, newest first. It may be short, even empty, and still have a next one."""

    items: list[PaymentView]
    next_cursor: NextCursor


class Timeline(Struct):
    """Everything that happened to a payment, in order."""

    items: list[TimelineEntry]


FAMILY = Family(
    "Payments",
    "A payment moves an amount from a debtor's account to a creditor's, at once or, with"
    " `capture: manual`, held first and captured later.",
)
_decoder = msgspec.json.Decoder(PaymentRequest)


@FAMILY.route(
    "POST",
    "/v1/payments",
    "Make a payment",
    "Decides the payment and answers when the decision is durable. A decline is an answer too:"
    " `201` with `status` `declined` and its `decline_reason`. What is refused with a problem was"
    " not decided and leaves the key unused.",
    Answer(201, "The payment, as decided.", PaymentView, PAYMENT, headers=KEYED_HEADERS),
    body=PaymentRequest,
    body_example={
        "debtor": "customer-17",
        "creditor": "merchant-3",
        "amount": 1250,
        "currency": "EUR",
        "reference": "invoice 2041",
        "metadata": {"order": "2041"},
    },
    keyed=True,
    prefer=True,
    refusals=(
        R.INVALID_AMOUNT, R.UNKNOWN_CURRENCY, R.SAME_ACCOUNT, R.UNKNOWN_ACCOUNT,
        R.CURRENCY_MISMATCH, R.ACCOUNT_FROZEN, R.ACCOUNT_CLOSED, R.AMOUNT_TOO_LARGE,
    ),
)  # fmt: skip
async def create_payment(platform: Platform, request: Request) -> Reply:
    platform.submissions.admit()
    tenant = request.tenant
    body, _ = await request.body()
    asked = decode(_decoder, body)
    key = request.optional_idempotency_key()
    pay = command(asked, tenant, key, request.trace, platform.now_us(), request.by, platform.digest)
    counted = platform.counters.payments
    try:
        done = await platform.submissions.one(pay)
    except Problem as refused:
        counted[CODES[refused.refusal]] += 1
        raise
    counted[STATES[done.state]] += 1
    headers = [REPLAYED] if done.replayed else []
    wait_s = request.wait_s(platform.settings.wait_max_s)
    if wait_s:
        headers.append(applied(wait_s))
        if done.state == _AUTHORIZED and not pay.manual_capture:
            await platform.partitions.await_final(done, wait_s)
            return reply.json(201, await read(platform, tenant, done.payment), *headers)
    if done.replayed:
        as_first = (done.partition, done.seq)
        return reply.json(201, await read(platform, tenant, done.payment, as_first), *headers)
    return reply.json(201, fresh(asked, pay.key, done, request.trace), *headers)


@FAMILY.route(
    "GET",
    "/v1/payments",
    "List payments",
    "Newest first, by any of the filters.",
    Answer(200, "A page.", PaymentList, {"items": [PAYMENT], "next_cursor": None}),
    query=PaymentQuery,
)
async def list_payments(platform: Platform, request: Request) -> Reply:
    tenant = request.tenant
    asked = request.query(PaymentQuery)
    key = asked.idempotency_key
    with platform.admission.reads:
        if key:
            if asked != PaymentQuery(idempotency_key=key, limit=asked.limit):
                raise Problem(R.INVALID_FIELD, "stands alone", "idempotency_key")
            found = await platform.reader.payment_by_key(tenant, key)
            return reply.json(200, Page([found] if found else [], None))
        chosen = Filter(
            debtor=asked.debtor or None,
            creditor=asked.creditor or None,
            reference=asked.reference or None,
            status=_NUMBERS[asked.status] if asked.status else None,
            created_from=asked.created_from or None,
            created_to=asked.created_to or None,
        )
        try:
            page = await platform.reader.payments(tenant, chosen, asked.cursor or None, asked.limit)
        except InvalidCursor as error:
            raise invalid_cursor(error) from None
    return reply.json(200, page)


@FAMILY.route(
    "GET",
    "/v1/payments/{payment}",
    "Read a payment",
    "As it stands now, with its captures and refunds.",
    Answer(200, "The payment.", PaymentView, PAYMENT),
    refusals=(R.UNKNOWN_PAYMENT,),
)
async def read_payment(platform: Platform, request: Request) -> Reply:
    payment = request.payment(platform.settings.partitions)
    return reply.json(200, await read(platform, request.tenant, payment))


@FAMILY.route(
    "GET",
    "/v1/payments/{payment}/timeline",
    "Read a payment's timeline",
    "Every record of the payment, in order. Their ids are those of its events.",
    Answer(200, "The timeline.", Timeline, {"items": TIMELINE}),
    refusals=(R.UNKNOWN_PAYMENT,),
)
async def read_timeline(platform: Platform, request: Request) -> Reply:
    payment = request.payment(platform.settings.partitions)
    with platform.admission.reads:
        found = await platform.reader.timeline(request.tenant, payment)
    if not found:
        raise Problem(R.UNKNOWN_PAYMENT, field="payment")
    return reply.json(200, Timeline(found))


async def read(
    platform: Platform, tenant: int, payment: bytes, as_of: tuple[int, int] | None = None
) -> PaymentView:
    """A payment from the ledger; raises Problem."""
    with platform.admission.reads:
        found = await platform.reader.payment(tenant, payment, as_of)
    if found is None:
        raise Problem(R.UNKNOWN_PAYMENT, field="payment")
    return found


def applied(wait_s: float) -> tuple[bytes, bytes]:
    """The header that says that a wait was allowed."""
    return b"preference-applied", b"wait=%d" % wait_s
