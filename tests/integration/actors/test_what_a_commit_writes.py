"""A commit writes what was decided in its batch, and nothing that a later batch decided."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from headrace.actors.intake import WORTH_A_BATCH
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Act, ChangeAccount, OpenAccount, PaymentAction
from headrace.runtime.verify import verify


@asynccontextmanager
async def committed_before(cell: Any, first: Any, second: Any, payer: str, payee: str) -> Any:
    """While `first` is committed and `second`, decided on top of it, is not."""
    async with cell.key_held("held up"):
        async with cell.held_up(0):
            below = asyncio.create_task(cell.ask(first))
            await cell.until_committing(0)
            decided = cell.total("decide_us")
            more = [cell.pay(payer, payee, f"more-{n}", 1) for n in range(WORTH_A_BATCH)]
            on_top = asyncio.create_task(
                cell.ask(second, cell.pay(payer, payee, "held up", 1), *more)
            )
            async with asyncio.timeout(60):
                while cell.total("decide_us") == decided:
                    await asyncio.sleep(0.001)
        assert isinstance((await below)[0], Done)
        await cell.until_committing(0)
        yield
    assert all(isinstance(answer, Done) for answer in await on_top)


@pytest.mark.parametrize(
    ("change", "column", "then"),
    [
        ({"credit_line": 2}, "credit_line", 1),
        ({"frozen": True}, "state", 1),
        ({"payment_max": 9}, "payment_max", 0),
        ({"close": True}, "state", 1),
    ],
)
async def test_settings_in_force_are_those_that_were_committed(
    cell: Any, change: dict[str, Any], column: str, then: int
) -> None:
    account, payer, payee = cell.owned_by(0, 3)
    await cell.open(account, money=0)
    await cell.open(payer, payee)
    first = ChangeAccount(cell.tenant, account, credit_line=1)
    second = ChangeAccount(cell.tenant, account, **change)
    read = f"SELECT {column} FROM accounts WHERE id = $1"
    async with committed_before(cell, first, second, payer, payee):
        assert await cell.ledger.fetchval(read, account) == then
        assert (await verify(cell.settings.ledger)).result == "pass"
    assert await cell.ledger.fetchval(read, account) != then


async def test_an_account_is_opened_as_it_was_asked_for(cell: Any) -> None:
    account, payer, payee = cell.owned_by(0, 3)
    await cell.open(payer, payee)
    first = OpenAccount(cell.tenant, account, 978)
    second = ChangeAccount(cell.tenant, account, credit_line=7, frozen=True)
    read = "SELECT credit_line, state FROM accounts WHERE id = $1"
    async with committed_before(cell, first, second, payer, payee):
        assert tuple(await cell.ledger.fetchrow(read, account)) == (0, 1)
    assert tuple(await cell.ledger.fetchrow(read, account)) == (7, 2)


async def test_a_hold_is_what_its_batch_left_of_it(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    (held,) = await cell.ask(cell.pay(debtor, creditor, "hold", 100, manual_capture=True))
    first, second = (
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, 10, False, key, 1)
        for key in ("c1", "c2")
    )
    async with committed_before(cell, first, second, debtor, creditor):
        assert await cell.ledger.fetchval("SELECT amount FROM holds") == 90
    assert await cell.ledger.fetchval("SELECT amount FROM holds") == 80
