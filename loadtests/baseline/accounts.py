"""Accounts opened, with money in them if so wished, and read."""

from typing import Any

from asyncpg import Pool

from headrace.loadtests.baseline import bulk
from headrace.loadtests.baseline.bodies import AccountBody, BatchItem
from headrace.loadtests.baseline.deciding import Refused
from headrace.loadtests.baseline.orders import ACQUIRE_TIMEOUT_S, Directory
from headrace.loadtests.baseline.plan import Plan
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.states import AccountState
from headrace.runtime.money import BALANCE_MAX, currency_code, currency_number
from headrace.runtime.refusals import Refusal

SQL = load("headrace.loadtests.baseline", "accounts")


async def open_accounts(
    pool: Pool, directory: Directory, tenant: int, bodies: list[AccountBody]
) -> list[int | Refused]:
    """201: opened; 200: it existed so; else why not. A deposit is made once."""
    results: list[int | Refused] = [Refused(Refusal.UNKNOWN_CURRENCY, "currency")] * len(bodies)
    settings: dict[str, tuple[Any, ...]] = {}
    for body in bodies:
        if currency := currency_number(body.currency):
            source = _source(body.currency)
            settings.setdefault(source, (source, currency, BALANCE_MAX, 0, 0, 0))
            limits = body.limits
            settings.setdefault(body.id, (
                body.id, currency, body.credit_line, limits.payment_max, limits.daily_amount_max,
                limits.daily_count_max,
            ))  # fmt: skip
    if not settings:
        return results
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
        rows = await connection.fetch(SQL["open"], tenant, *zip(*settings.values(), strict=True))
        opened = {row["id"]: (201 if row["opened"] else 200) for row in rows if row["same"]}
        deposits = [_deposit(body) for body in bodies if body.id in opened and body.opening_deposit]
        ids = {item.debtor for item in deposits} | {item.creditor for item in deposits}
        plan = Plan(deposits, await directory.numbers(connection, tenant, ids))
        await bulk.pay(connection, tenant, plan)
    for place, body in enumerate(bodies):
        if currency_number(body.currency):
            results[place] = opened.get(body.id, Refused(Refusal.ACCOUNT_EXISTS, "id"))
            deposited = plan.answers.get(f"opening-deposit:{body.id}")
            if isinstance(deposited, Refused):
                results[place] = deposited
    return results


def _source(currency: str) -> str:
    """Where deposits come from: an account that no client can name."""
    return f"~{currency}"


def _deposit(body: AccountBody) -> BatchItem:
    return BatchItem.model_construct(
        debtor=_source(body.currency), creditor=body.id, amount=body.opening_deposit,
        currency=body.currency, idempotency_key=f"opening-deposit:{body.id}",
    )  # fmt: skip


async def read(pool: Pool, tenant: int, account: str) -> dict[str, Any]:
    """Raises Refused."""
    row = await pool.fetchrow(SQL["read"], tenant, account)
    if row is None:
        raise Refused(Refusal.UNKNOWN_ACCOUNT, "account")
    told = dict(row)
    limits = ("payment_max", "daily_amount_max", "daily_count_max")
    told["limits"] = {name: told.pop(name) for name in limits}
    told["currency"] = currency_code(row["currency"])
    told["state"] = AccountState(row["state"]).name.lower()
    told["available"] = row["posted"] + row["credit_line"]
    return told
