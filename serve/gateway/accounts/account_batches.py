"""/v1/account-batches: many accounts opened in one request, with money in them if so wished."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.payments.answer import Answer as PartitionAnswer
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.command import Command, Fund, OpenAccount
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.accounts.account_request import (
    BatchAccountRequest,
    open_command,
    opening_deposit,
)
from headrace.serve.gateway.accounts.accounts import FAMILY
from headrace.serve.gateway.services import Services
from headrace.serve.http import reply
from headrace.serve.http.batch_body import BatchBody
from headrace.serve.http.problems import Problem, ProblemDetails, details, of_answer
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer

R = Refusal


class OpenedAccount(Struct, omit_defaults=True):
    """An account of a batch; `GET /v1/accounts/{account}` has all of it."""

    id: str
    currency: str
    opening_deposit: int | UnsetType = UNSET


class AccountResult(Struct, omit_defaults=True):
    """What became of one item: an account, or the problem for which it was refused."""

    status: Annotated[int, Meta(description="201: opened; 200: it existed so; else the problem's.")]
    account: OpenedAccount | UnsetType = UNSET
    problem: ProblemDetails | UnsetType = UNSET


class AccountBatchAnswer(Struct):
    """What became of each item, in the order of the items."""

    results: list[AccountResult]


_body = BatchBody(BatchAccountRequest)


@FAMILY.route(
    "POST",
    "/v1/account-batches",
    "Open many accounts",
    'A JSON array, `{"items": […]}`, or NDJSON, of up to 10,000 accounts. Send it again as often as'
    " you like: what exists with the same settings answers `200`, and an opening deposit is made"
    " once.",
    Answer(
        200,
        "Every item's result, in their order.",
        AccountBatchAnswer,
        {
            "results": [
                {
                    "status": 201,
                    "account": {"id": "customer-18", "currency": "EUR", "opening_deposit": 10000},
                },
                {"status": 200, "account": {"id": "customer-17", "currency": "EUR"}},
            ]
        },
    ),
    right=("open", "account"),
    body=list[BatchAccountRequest],
    body_example=[
        {"id": "customer-18", "currency": "EUR", "opening_deposit": 10000},
        {"id": "customer-17", "currency": "EUR"},
    ],
    ndjson=BatchAccountRequest,
    refusals=(R.TOO_MANY_ITEMS,),
)
async def open_accounts(services: Services, request: Request) -> Reply:
    services.submissions.admit(request.items_expected(services.settings.gateway.batch_items_max))
    tenant = request.tenant
    body, lines = await request.body(ndjson=True)
    items = _body.read(body, lines, services.settings.gateway.batch_items_max)
    results: list[AccountResult | None] = [None] * len(items)
    accounts: dict[int, BatchAccountRequest] = {}
    opening: dict[int, OpenAccount] = {}
    deposits: dict[int, Fund] = {}
    for number, item in enumerate(items):
        try:
            if isinstance(item, Problem):
                raise item
            if item.credit_line:
                FAMILY.require(request.caller, "grant_credit", "account")
            if item.opening_deposit:
                FAMILY.require(request.caller, "deposit", "account")
            accounts[number] = item
            opening[number] = open_command(item, tenant, request.trace)
            if fund := opening_deposit(item, opening[number]):
                deposits[number] = fund
        except Problem as told:
            results[number] = _refused(details(told.refusal, told.detail, told.field))

    async def carry_out() -> list[AccountResult]:
        opened = await _submit(services, opening)
        wanted = {n: f for n, f in deposits.items() if not isinstance(opened[n], Refused)}
        deposited = await _submit(services, wanted)
        return [
            before or _result(accounts[number], opened[number], deposited.get(number))
            for number, before in enumerate(results)
        ]

    told_all = await services.submissions.many(len(opening) + len(deposits), carry_out)
    return reply.json(200, AccountBatchAnswer(told_all))


async def _submit(
    services: Services, commands: Mapping[int, Command]
) -> dict[int, PartitionAnswer]:
    if not commands:
        return {}
    answers = await services.partitions.submit(list(commands.values()))
    return dict(zip(commands, answers, strict=True))


def _result(
    item: BatchAccountRequest, opened: PartitionAnswer, deposited: PartitionAnswer | None
) -> AccountResult:
    if isinstance(opened, Refused):
        return _refused(of_answer(opened))
    if isinstance(deposited, Refused):
        return _refused(of_answer(deposited))
    status = 200 if opened.replayed else 201
    deposit = UNSET if item.opening_deposit is None else item.opening_deposit
    return AccountResult(status, OpenedAccount(item.id, item.currency, deposit))


def _refused(problem: ProblemDetails) -> AccountResult:
    return AccountResult(problem.status, UNSET, problem)
