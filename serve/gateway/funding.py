"""/v1/accounts/{account}/deposits and /withdrawals: money enters and leaves the platform."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from headrace.runtime.identity.keys import Role
from headrace.runtime.payments.refusals import Refusal
from headrace.serve.gateway import reply
from headrace.serve.gateway.account_request import FundRequest, fund_command
from headrace.serve.gateway.accounts import FAMILY
from headrace.serve.gateway.examples import DEPOSIT
from headrace.serve.gateway.payments import REPLAYED, REPLAYED_HEADER
from headrace.serve.gateway.platform import Platform
from headrace.serve.gateway.reply import Reply
from headrace.serve.gateway.request import Request
from headrace.serve.gateway.route import Answer
from headrace.serve.problems import Problem

R = Refusal


class Funding(Struct):
    """A deposit or withdrawal, with the account's balances after it."""

    id: str
    kind: Literal["deposit", "withdrawal"]
    account: str
    amount: int
    currency: str
    posted: int
    held: int
    idempotency_key: str
    reference: str | None
    description: str | None
    metadata: dict[str, Any] | None
    created_at: str


_decoder = msgspec.json.Decoder(FundRequest)
_HEADERS = (REPLAYED_HEADER,)
_REFUSALS = (
    R.INVALID_AMOUNT, R.UNKNOWN_CURRENCY, R.UNKNOWN_ACCOUNT, R.CURRENCY_MISMATCH, R.ACCOUNT_CLOSED,
    R.AMOUNT_TOO_LARGE,
)  # fmt: skip


@FAMILY.route(
    "POST",
    "/v1/accounts/{account}/deposits",
    "Deposit money",
    "From the external account of the currency: money that a bank has brought in.",
    Answer(201, "The deposit.", Funding, DEPOSIT, headers=_HEADERS),
    role=Role.ADMINISTRATOR,
    body=FundRequest,
    body_example={"amount": 250000, "currency": "EUR", "reference": "bank transfer 4711"},
    keyed=True,
    refusals=_REFUSALS,
)
async def deposit(platform: Platform, request: Request) -> Reply:
    return await _funded(platform, request, deposit=True)


@FAMILY.route(
    "POST",
    "/v1/accounts/{account}/withdrawals",
    "Withdraw money",
    "To the external account of the currency, as far as the account's available money goes.",
    Answer(
        201,
        "The withdrawal.",
        Funding,
        {**DEPOSIT, "id": "3:1310", "kind": "withdrawal", "amount": 50000, "posted": 200000},
        headers=_HEADERS,
    ),
    role=Role.ADMINISTRATOR,
    body=FundRequest,
    body_example={"amount": 50000, "currency": "EUR", "reference": "payout 81"},
    keyed=True,
    refusals=(*_REFUSALS, R.ACCOUNT_FROZEN, R.INSUFFICIENT_FUNDS),
)
async def withdraw(platform: Platform, request: Request) -> Reply:
    return await _funded(platform, request, deposit=False)


async def _funded(platform: Platform, request: Request, *, deposit: bool) -> Reply:
    asked = await request.json(_decoder)
    tenant, account = request.tenant, request.account()
    key = request.idempotency_key()
    done = await platform.submissions.one(
        fund_command(asked, tenant, account, key, request.trace, platform.digest, deposit=deposit)
    )
    with platform.admission.reads:
        told = await platform.reader.operation(tenant, key)
    if told is None or told.account is None or told.posted is None or told.held is None:
        raise Problem(R.UNAVAILABLE, "the ledger cannot be read")
    funding = Funding(
        f"{told.partition}:{told.seq}",
        "deposit" if deposit else "withdrawal",
        told.account,
        told.amount,
        told.currency,
        told.posted,
        told.held,
        key,
        told.reference,
        told.description,
        told.metadata,
        told.created_at,
    )
    return reply.json(201, funding, *([REPLAYED] if done.replayed else []))
