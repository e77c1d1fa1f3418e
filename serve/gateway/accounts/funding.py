"""/v1/accounts/{account}/deposits and /withdrawals: money enters and leaves the platform."""

from typing import Any, Literal

from msgspec import Struct

from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.accounts.account_request import FundRequest, fund_command
from headrace.serve.gateway.accounts.accounts import FAMILY
from headrace.serve.gateway.accounts.examples import DEPOSIT
from headrace.serve.gateway.paths import account_in
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.keyed import REPLAYED, REPLAYED_HEADER
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer

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


_decoder = decoder(FundRequest)
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
    right=("deposit", "account"),
    body=FundRequest,
    body_example={"amount": 250000, "currency": "EUR", "reference": "bank transfer 4711"},
    keyed=True,
    refusals=_REFUSALS,
)
async def deposit(services: Services, request: Request) -> Reply:
    return await _funded(services, request, deposit=True)


@FAMILY.route(
    "POST",
    "/v1/accounts/{account}/withdrawals",
    "Withdraw money",
    "To the external account of the currency, as far as the account's available money goes.",
    Answer(
        201,
        "The withdrawal.",
        Funding,
        {
            **DEPOSIT,
            "id": "b41f0c5a9d2e4e6f8a7c3b1d0e9f2a64",
            "kind": "withdrawal",
            "amount": 50000,
            "posted": 200000,
        },
        headers=_HEADERS,
    ),
    right=("withdraw", "account"),
    body=FundRequest,
    body_example={"amount": 50000, "currency": "EUR", "reference": "payout 81"},
    keyed=True,
    refusals=(*_REFUSALS, R.ACCOUNT_FROZEN, R.INSUFFICIENT_FUNDS),
)
async def withdraw(services: Services, request: Request) -> Reply:
    return await _funded(services, request, deposit=False)


async def _funded(services: Services, request: Request, *, deposit: bool) -> Reply:
    asked = await request.json(_decoder)
    tenant, account = request.tenant, account_in(request)
    key = request.idempotency_key()
    done = await services.submissions.one(
        fund_command(asked, tenant, account, key, request.trace, services.digest, deposit=deposit)
    )
    with services.admission.reads:
        told = await services.reader.operation(tenant, key)
    if told is None or told.account is None or told.posted is None or told.held is None:
        raise Problem(R.UNAVAILABLE, "the ledger cannot be read")
    funding = Funding(
        services.reader.tokens.id_of(tenant, told.partition, told.seq),
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
