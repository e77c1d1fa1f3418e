"""/v1/payments: made and read."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger.cursors import InvalidCursor
from headrace.runtime.ledger.read_payment_lists import Filter
from headrace.runtime.ledger.views import Page, PaymentView, TimelineEntry
from headrace.runtime.money import currency_number
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.fields import (
    AccountId,
    Amount,
    Currency,
    MetadataPair,
    Moment,
    Reference,
)
from headrace.serve.gateway.listing import ListQuery, NextCursor, invalid_cursor
from headrace.serve.gateway.paths import payment_in
from headrace.serve.gateway.payments.examples import PAYMENT, TIMELINE
from headrace.serve.gateway.payments.payment_answer import STATES
from headrace.serve.gateway.payments.payment_request import PaymentRequest, command
from headrace.serve.gateway.payments.payment_view import fresh
from headrace.serve.gateway.payments.problems import PROBLEMS
from headrace.serve.gateway.payments.rights import RIGHTS
from headrace.serve.gateway.payments.words import LISTS, NAMES, WORDS
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.decoding import decode
from headrace.serve.http.forms import IdempotencyKey
from headrace.serve.http.keyed import KEYED_HEADERS, REPLAYED, applied
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import CODES, Problem
from headrace.serve.http.reference.vocabulary import UUID_TYPE
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family, PathParameter

R = Refusal
StateName = Literal[
    "in_review", "authorized", "partially_captured", "captured", "settled", "partially_refunded",
    "refunded", "declined", "cancelled", "expired", "returned",
]  # fmt: skip
"""PaymentState in words (a test compares them)."""
_NUMBERS = {name: PaymentState(number) for number, name in STATES.items()}
_AUTHORIZED = int(PaymentState.AUTHORIZED)


class PaymentQuery(ListQuery, forbid_unknown_fields=True, kw_only=True):
    """Which payments. Filters add up; `idempotency_key` stands alone."""

    idempotency_key: IdempotencyKey | UnsetType = UNSET
    reference: Reference | UnsetType = UNSET
    metadata: MetadataPair | UnsetType = UNSET
    account: (
        Annotated[AccountId, Meta(description="Payments from or to this account.")] | UnsetType
    ) = UNSET
    debtor: AccountId | UnsetType = UNSET
    creditor: AccountId | UnsetType = UNSET
    amount: Annotated[Amount, Meta(description="Exactly this, in minor units.")] | UnsetType = UNSET
    amount_from: (
        Annotated[Amount, Meta(description="This or more, in minor units.")] | UnsetType
    ) = UNSET
    amount_to: Annotated[Amount, Meta(description="This or less, in minor units.")] | UnsetType = (
        UNSET
    )
    currency: Currency | UnsetType = UNSET
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
    """What happened to a payment, in order."""

    items: list[TimelineEntry]


FAMILY = Family(
    "Payments",
    "A payment moves an amount from a debtor's account to a creditor's, at once or, with"
    " `capture: manual`, held first and captured later.",
    rights=RIGHTS,
    problems=PROBLEMS,
    parameters={
        "payment": PathParameter(
            "The payment's id.", UUID_TYPE, "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003"
        )
    },
    words=WORDS,
    names=NAMES,
    lists=LISTS,
)
_decoder = decoder(PaymentRequest)


@FAMILY.route(
    "POST",
    "/v1/payments",
    "Make a payment",
    "Decides the payment and answers when the decision is durable. A decline is an answer too:"
    " `201` with `status` `declined` and its `decline_reason`. What is refused with a problem was"
    " not decided and leaves the key unused.",
    Answer(201, "The payment, as decided.", PaymentView, PAYMENT, headers=KEYED_HEADERS),
    right=("create", "payment"),
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
async def create_payment(services: Services, request: Request) -> Reply:
    services.submissions.admit()
    tenant = request.tenant
    body, _ = await request.body()
    asked = decode(_decoder, body)
    key = request.optional_idempotency_key()
    pay = command(asked, tenant, key, request.trace, services.now_us(), request.by, services.digest)
    counted = services.outcomes
    try:
        done = await services.submissions.one(pay)
    except Problem as refused:
        counted[CODES[refused.refusal]] += 1
        raise
    counted[STATES[done.state]] += 1
    headers = [REPLAYED] if done.replayed else []
    wait_s = request.wait_s(services.settings.gateway.wait_max_s)
    if wait_s:
        headers.append(applied(wait_s))
        if done.state == _AUTHORIZED and not pay.manual_capture:
            await services.partitions.await_final(done, wait_s)
            return reply.json(201, await read(services, tenant, done.payment), *headers)
    if done.replayed:
        as_first = (done.partition, done.seq)
        return reply.json(201, await read(services, tenant, done.payment, as_first), *headers)
    return reply.json(201, fresh(asked, pay.key, done, request.trace), *headers)


@FAMILY.route(
    "GET",
    "/v1/payments",
    "List payments",
    "Newest first, by any of the filters: what is let through passes all of them.",
    Answer(200, "A page.", PaymentList, {"items": [PAYMENT], "next_cursor": None}),
    right=("list", "payment"),
    query=PaymentQuery,
    refusals=(R.INVALID_AMOUNT, R.UNKNOWN_CURRENCY),
)
async def list_payments(services: Services, request: Request) -> Reply:
    tenant = request.tenant
    asked = request.query(PaymentQuery)
    key = asked.idempotency_key
    with services.admission.reads:
        if key:
            if asked != PaymentQuery(idempotency_key=key, limit=asked.limit):
                raise Problem(R.INVALID_FIELD, "stands alone", "idempotency_key")
            found = await services.reader.payment_by_key(tenant, key)
            return reply.json(200, Page([found] if found else [], None))
        try:
            page = await services.reader.payments(
                tenant, _chosen(asked), asked.cursor or None, asked.limit, asked.metadata or None
            )
        except InvalidCursor as error:
            raise invalid_cursor(error) from None
    return reply.json(200, page)


@FAMILY.route(
    "GET",
    "/v1/payments/{payment}",
    "Read a payment",
    "As it stands now, with its captures and refunds.",
    Answer(200, "The payment.", PaymentView, PAYMENT),
    right=("read", "payment"),
    refusals=(R.UNKNOWN_PAYMENT,),
)
async def read_payment(services: Services, request: Request) -> Reply:
    payment = payment_in(request, services.settings.cell.partitions)
    return reply.json(200, await read(services, request.tenant, payment))


@FAMILY.route(
    "GET",
    "/v1/payments/{payment}/timeline",
    "Read a payment's timeline",
    "The payment's events, in order, by their ids; what is on its way stands among them as `sent`.",
    Answer(200, "The timeline.", Timeline, {"items": TIMELINE}),
    right=("read", "payment"),
    refusals=(R.UNKNOWN_PAYMENT,),
)
async def read_timeline(services: Services, request: Request) -> Reply:
    payment = payment_in(request, services.settings.cell.partitions)
    with services.admission.reads:
        found = await services.reader.timeline(request.tenant, payment)
    if not found:
        raise Problem(R.UNKNOWN_PAYMENT, field="payment")
    return reply.json(200, Timeline(found))


def _chosen(asked: PaymentQuery) -> Filter:
    least, most = asked.amount_from or None, asked.amount_to or None
    if asked.amount:
        least, most = max(asked.amount, least or 0), min(asked.amount, most or asked.amount)
    currency = None if asked.currency is UNSET else currency_number(asked.currency)
    if asked.currency is not UNSET and currency is None:
        raise Problem(R.UNKNOWN_CURRENCY, "not an ISO 4217 code of money", "currency")
    return Filter(
        debtor=asked.debtor or None,
        creditor=asked.creditor or None,
        account=asked.account or None,
        reference=asked.reference or None,
        amount_from=least,
        amount_to=most,
        currency=currency,
        status=_NUMBERS[asked.status] if asked.status else None,
        created_from=asked.created_from or None,
        created_to=asked.created_to or None,
    )


async def read(
    services: Services, tenant: int, payment: bytes, as_of: tuple[int, int] | None = None
) -> PaymentView:
    """A payment from the ledger; raises Problem."""
    with services.admission.reads:
        found = await services.reader.payment(tenant, payment, as_of)
    if found is None:
        raise Problem(R.UNKNOWN_PAYMENT, field="payment")
    return found
