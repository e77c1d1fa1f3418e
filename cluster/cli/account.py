"""`headrace account`: open, read, fund and limit accounts."""

from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from headrace.cluster.cli.address import request_path
from headrace.cluster.cli.amount import exact_minor_units
from headrace.cluster.cli.command import Outcome, api_command, group, listing
from headrace.cluster.cli.once import KeyOption, key_or_new

if TYPE_CHECKING:
    from headrace.cluster.cli.client import Api

app = group("Accounts. Amounts are decimals in major units: 12.50.")

AccountId = Annotated[str, Argument(metavar="ID", help="The account's id, the tenant's own.")]
Currency = Annotated[str, Argument(metavar="CURRENCY", help="ISO 4217, like EUR.")]
Amount = Annotated[str, Argument(metavar="AMOUNT", help="In major units, like 12.50.")]
CreditLine = Annotated[
    str | None, Option(metavar="AMOUNT", help="How far below zero it may go. 0 takes it away.")
]
PaymentMax = Annotated[str | None, Option(metavar="AMOUNT", help="Largest payment. 0: no limit.")]
DailyAmountMax = Annotated[
    str | None, Option(metavar="AMOUNT", help="Payments' amount a UTC day. 0: no limit.")
]
DailyCountMax = Annotated[
    int | None, Option(metavar="N", min=0, help="Payments a UTC day. 0: no limit.")
]
Cursor = Annotated[str | None, Option(help="Go on where an earlier page ended.")]
Limit = Annotated[int, Option(min=1, max=1000, help="Items a page.")]
Text = Annotated[str | None, Option(help="Kept with the record.")]


def path(account: str, *rest: str) -> str:
    return request_path("accounts", account, *rest)


def settings(
    currency: str,
    credit_line: str | None,
    payment_max: str | None,
    daily_amount_max: str | None,
    daily_count_max: int | None,
) -> dict[str, Any]:
    """The settings that were given, in minor units."""
    amounts = {"payment_max": payment_max, "daily_amount_max": daily_amount_max}
    limits: dict[str, int] = {
        name: exact_minor_units(amount, currency, zero=True)
        for name, amount in amounts.items()
        if amount is not None
    }
    if daily_count_max is not None:
        limits["daily_count_max"] = daily_count_max
    body: dict[str, Any] = {"limits": limits} if limits else {}
    if credit_line is not None:
        body["credit_line"] = exact_minor_units(credit_line, currency, zero=True)
    return body


@api_command(
    app,
    "open",
    "headrace account open alice EUR",
    "headrace account open shop-7 EUR --credit-line 500.00 --payment-max 1000.00",
)
async def open_account(
    api: "Api",
    account: AccountId,
    currency: Currency,
    credit_line: CreditLine = None,
    payment_max: PaymentMax = None,
    daily_amount_max: DailyAmountMax = None,
    daily_count_max: DailyCountMax = None,
) -> Outcome:
    """Open an account. Opening it again with the same settings is no error."""
    body = {"id": account, "currency": currency} | settings(
        currency, credit_line, payment_max, daily_amount_max, daily_count_max
    )
    return Outcome(await api.post("/v1/accounts", body))


@api_command(
    app,
    "show",
    "headrace account show alice",
    "headrace account show alice --at 2026-11-01T00:00:00Z",
)
async def show(
    api: "Api",
    account: AccountId,
    at: Annotated[
        str | None, Option(metavar="TIME", help="As it stood at that moment, ISO 8601.")
    ] = None,
) -> Outcome:
    """Show balances and settings, now or at a past moment."""
    return Outcome(await api.get(path(account), {"at": at} if at is not None else None))


@api_command(app, "list", "headrace account list --limit 20")
async def list_accounts(api: "Api", cursor: Cursor = None, limit: Limit = 100) -> Outcome:
    """List the accounts, a page at a time."""
    page = await api.get("/v1/accounts", _given(cursor=cursor, limit=limit))
    return listing(page, "id", "currency", "posted", "held", "available", "state")


@api_command(
    app,
    "entries",
    "headrace account entries alice",
    "headrace account entries alice --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --json",
)
async def entries(
    api: "Api",
    account: AccountId,
    since: Annotated[str | None, Option("--from", metavar="TIME", help="ISO 8601.")] = None,
    until: Annotated[str | None, Option("--to", metavar="TIME", help="ISO 8601.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Outcome:
    """The account's statement: each posting and hold with the balance after it."""
    asked = _given(cursor=cursor, limit=limit) | _given(**{"from": since, "to": until})
    page = await api.get(path(account, "entries"), asked)
    return listing(
        page,
        "at",
        "kind",
        "amount",
        "held_amount",
        "posted",
        "held",
        "counterparty",
        "payment",
        "reference",
    )


async def _fund(
    api: "Api",
    account: str,
    what: str,
    amount: str,
    currency: str,
    key: str | None,
    reference: str | None,
    description: str | None,
) -> Outcome:
    body = {
        "amount": exact_minor_units(amount, currency),
        "currency": currency,
        **_given(reference=reference, description=description),
    }
    return Outcome(await api.post(path(account, what), body, key=key_or_new(key)))


@api_command(
    app,
    "deposit",
    "headrace account deposit alice 100.00 EUR",
    "headrace account deposit alice 100.00 EUR --key wire-2026-1187",
)
async def deposit(
    api: "Api",
    account: AccountId,
    amount: Amount,
    currency: Currency,
    key: KeyOption = None,
    reference: Text = None,
    description: Text = None,
) -> Outcome:
    """Bring money in from outside. Needs an administrator's key."""
    return await _fund(
        api, account, "deposits", amount, currency, key, reference, description
    )  # fmt: skip


@api_command(app, "withdraw", "headrace account withdraw alice 40.00 EUR --reference payout-12")
async def withdraw(
    api: "Api",
    account: AccountId,
    amount: Amount,
    currency: Currency,
    key: KeyOption = None,
    reference: Text = None,
    description: Text = None,
) -> Outcome:
    """Send money outside. Needs an administrator's key."""
    return await _fund(
        api, account, "withdrawals", amount, currency, key, reference, description
    )  # fmt: skip


@api_command(app, "freeze", "headrace account freeze alice")
async def freeze(api: "Api", account: AccountId) -> Outcome:
    """Stop debits and new holds; credits and captures of earlier holds pass."""
    return Outcome(await api.post(path(account, "freeze")))


@api_command(app, "unfreeze", "headrace account unfreeze alice")
async def unfreeze(api: "Api", account: AccountId) -> Outcome:
    """Let a frozen account pay again."""
    return Outcome(await api.post(path(account, "unfreeze")))


@api_command(app, "close", "headrace account close alice")
async def close(api: "Api", account: AccountId) -> Outcome:
    """Close an account that has no money, no holds and none on its way."""
    return Outcome(await api.post(path(account, "close")))


@api_command(
    app,
    "limit",
    "headrace account limit alice --payment-max 500.00 --daily-count-max 20",
    "headrace account limit alice --credit-line 0",
)
async def limit(
    api: "Api",
    account: AccountId,
    credit_line: CreditLine = None,
    payment_max: PaymentMax = None,
    daily_amount_max: DailyAmountMax = None,
    daily_count_max: DailyCountMax = None,
) -> Outcome:
    """Change limits and credit line; what isn't given stays. Needs an administrator's key."""
    currency = str((await api.get(path(account)))["currency"])
    body = settings(currency, credit_line, payment_max, daily_amount_max, daily_count_max)
    return Outcome(await api.json("PATCH", path(account), body=body))


def _given(**values: Any) -> dict[str, Any]:
    return {name: str(value) for name, value in values.items() if value is not None}
