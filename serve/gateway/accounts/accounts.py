"""/v1/accounts: opened, read, limited, frozen and closed."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.ledger.cursors import InvalidCursor
from headrace.runtime.ledger.views import AccountView
from headrace.runtime.payments.command import ChangeAccount
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.accounts.account_request import (
    AccountChange,
    AccountRequest,
    change_command,
    open_command,
)
from headrace.serve.gateway.accounts.examples import ACCOUNT
from headrace.serve.gateway.accounts.problems import PROBLEMS
from headrace.serve.gateway.accounts.rights import RIGHTS
from headrace.serve.gateway.accounts.words import LISTS, NAMES, WORDS
from headrace.serve.gateway.fields import ACCOUNT_PATTERN, Moment
from headrace.serve.gateway.listing import ListQuery, NextCursor, invalid_cursor
from headrace.serve.gateway.paths import account_in
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.forms import END
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family, PathParameter

R = Refusal


class AccountQuery(Struct, forbid_unknown_fields=True):
    """When."""

    at: (
        Annotated[
            Moment,
            Meta(
                description="As it stood at a past moment. What may still change isn't told: see"
                " `as_of`. Default: now."
            ),
        ]
        | UnsetType
    ) = UNSET


class AccountList(Struct):
    """A page of accounts, in the order of their ids."""

    items: list[AccountView]
    next_cursor: NextCursor


FAMILY = Family(
    "Accounts",
    "An account holds money of one currency under an id of yours. `posted` is what is in it, `held`"
    " what is promised, and `available` what can be spent: posted, less held, plus credit line.",
    rights=RIGHTS,
    problems=PROBLEMS,
    parameters={
        "account": PathParameter(
            "The account's id.",
            {"type": "string", "pattern": ACCOUNT_PATTERN.replace(END, "$")},
            "customer-17",
        )
    },
    words=WORDS,
    names=NAMES,
    lists=LISTS,
)
_decoder = decoder(AccountRequest)
_change_decoder = decoder(AccountChange)
_CHANGE = (R.UNKNOWN_ACCOUNT, R.ACCOUNT_CLOSED)


@FAMILY.route(
    "POST",
    "/v1/accounts",
    "Open an account",
    "Opening it again with the same settings is no error and answers `200`. A credit line takes an"
    " administrator's key.",
    Answer(
        201,
        "The account was opened.",
        AccountView,
        {**ACCOUNT, "posted": 0, "held": 0, "available": 0},
    ),
    Answer(200, "It exists with these settings.", AccountView, ACCOUNT),
    right=("open", "account"),
    body=AccountRequest,
    body_example={"id": "customer-17", "currency": "EUR", "limits": {"daily_amount_max": 500000}},
    refusals=(R.UNKNOWN_CURRENCY, R.ACCOUNT_EXISTS),
)
async def open_account(services: Services, request: Request) -> Reply:
    asked = await request.json(_decoder)
    tenant = request.tenant
    if asked.credit_line:
        FAMILY.require(request.caller, "grant_credit", "account")
    done = await services.submissions.one(open_command(asked, tenant, request.trace))
    view = await _read(services, tenant, asked.id)
    return reply.json(200 if done.replayed else 201, view)


@FAMILY.route(
    "GET",
    "/v1/accounts",
    "List accounts",
    "In the order of their ids.",
    Answer(200, "A page.", AccountList, {"items": [ACCOUNT], "next_cursor": None}),
    right=("list", "account"),
    query=ListQuery,
)
async def list_accounts(services: Services, request: Request) -> Reply:
    asked = request.query(ListQuery)
    with services.admission.reads:
        try:
            page = await services.reader.accounts(request.tenant, asked.cursor or None, asked.limit)
        except InvalidCursor as error:
            raise invalid_cursor(error) from None
    return reply.json(200, page)


@FAMILY.route(
    "GET",
    "/v1/accounts/{account}",
    "Read an account",
    "Balances and settings, now or at a past moment.",
    Answer(200, "The account.", AccountView, ACCOUNT),
    right=("read", "account"),
    query=AccountQuery,
    refusals=(R.UNKNOWN_ACCOUNT,),
)
async def read_account(services: Services, request: Request) -> Reply:
    asked = request.query(AccountQuery)
    account = account_in(request)
    with services.admission.reads:
        found = await services.reader.account(request.tenant, account, asked.at or None)
    if found is None:
        raise Problem(R.UNKNOWN_ACCOUNT, field="account")
    return reply.json(200, found)


@FAMILY.route(
    "PATCH",
    "/v1/accounts/{account}",
    "Change limits and credit line",
    "What is left out stays as it is.",
    Answer(200, "The account.", AccountView, ACCOUNT),
    right=("change", "account"),
    body=AccountChange,
    body_example={"limits": {"daily_amount_max": 500000}},
    refusals=(*_CHANGE, R.AMOUNT_TOO_LARGE),
)
async def change_account(services: Services, request: Request) -> Reply:
    asked = await request.json(_change_decoder)
    return await _changed(
        services, request, change_command(asked, request.tenant, account_in(request), request.trace)
    )


@FAMILY.route(
    "POST",
    "/v1/accounts/{account}/freeze",
    "Freeze an account",
    "It pays nothing and holds nothing new. It still receives, and earlier holds can be captured.",
    Answer(200, "The account.", AccountView, {**ACCOUNT, "state": "frozen"}),
    right=("freeze", "account"),
    refusals=_CHANGE,
)
async def freeze_account(services: Services, request: Request) -> Reply:
    return await _changed(
        services,
        request,
        ChangeAccount(request.tenant, account_in(request), frozen=True, trace=request.trace),
    )


@FAMILY.route(
    "POST",
    "/v1/accounts/{account}/unfreeze",
    "Unfreeze an account",
    "It pays again.",
    Answer(200, "The account.", AccountView, ACCOUNT),
    right=("unfreeze", "account"),
    refusals=_CHANGE,
)
async def unfreeze_account(services: Services, request: Request) -> Reply:
    return await _changed(
        services,
        request,
        ChangeAccount(request.tenant, account_in(request), frozen=False, trace=request.trace),
    )


@FAMILY.route(
    "POST",
    "/v1/accounts/{account}/close",
    "Close an account",
    "For good, and only when nothing is in it, held, or on its way to it.",
    Answer(
        200,
        "The account.",
        AccountView,
        {**ACCOUNT, "state": "closed", "posted": 0, "held": 0, "available": 0},
    ),
    right=("close", "account"),
    refusals=(*_CHANGE, R.BALANCE_NOT_ZERO),
)
async def close_account(services: Services, request: Request) -> Reply:
    return await _changed(
        services,
        request,
        ChangeAccount(request.tenant, account_in(request), close=True, trace=request.trace),
    )


async def _changed(services: Services, request: Request, command: ChangeAccount) -> Reply:
    await services.submissions.one(command)
    return reply.json(200, await _read(services, command.tenant, command.account))


async def _read(services: Services, tenant: int, account: str) -> AccountView:
    with services.admission.reads:
        found = await services.reader.account(tenant, account)
    if found is None:
        raise Problem(R.UNKNOWN_ACCOUNT, field="account")
    return found
