"""Reads that weren't repeatable: a balance "as of 2030" was today's, and of those as of now under
load every fourth to eighth was another when asked again, for a batch that is decided and not yet
committed lies before the moment that was told.

| door | input | |
|---|---|---|
| `GET /v1/accounts/{account}?at=` | a moment to come | found: told as of now, and said |
| the same | a moment between a batch's decision and its commit | found |
| `GET /v1/accounts/{account}`, `GET /v1/accounts` | now: nothing said as of when | found |
| `GET /v1/accounts/{account}/entries`, CSV too | `to` to come, or none | found |
| the partition's clock | set back: batches of one and the same time | found |
| `at`, `to` of a partition at rest | more than a minute ago | clean: as of then |
| a payment and its timeline | as it stands, by its records | clean: they have no moment |
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from support.house import House

from headrace.actors import turns
from headrace.runtime.clock import from_us, iso, now_us
from headrace.runtime.database.connect import connect

pytestmark = pytest.mark.asyncio(loop_scope="module")
LATER = "2030-01-01T00:00:00Z"
ACCOUNTS = ("alice", "bob", "carol", *(f"dora-{n}" for n in range(6)))
"""The last ones for one test each."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(empty_house: House) -> House:
    await empty_house.open(*ACCOUNTS)
    return empty_house


async def deposit(house: House, account: str, key: str = "") -> Any:
    body = {"amount": 500, "currency": "EUR"}
    headers = {"Idempotency-Key": f"{account}{key}"}
    answer = await house.client().post(
        f"/v1/accounts/{account}/deposits", json=body, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def balance(house: House, account: str, **asked: str) -> Any:
    answer = await house.client().get(f"/v1/accounts/{account}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def statement(house: House, account: str, **asked: str) -> Any:
    answer = await house.client().get(f"/v1/accounts/{account}/entries", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


@asynccontextmanager
async def held_up(house: House) -> AsyncIterator[None]:
    """While what is decided can't be committed."""
    other = await connect(house.settings.ledger)
    try:
        async with other.transaction():
            await other.execute("SELECT FROM leases FOR UPDATE")
            yield
    finally:
        await other.close()


async def until_committing(house: House) -> None:
    async with asyncio.timeout(60):
        while not await house.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database() AND application_name LIKE 'headrace writer %'"
        ):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("account", "at"), [("dora-0", ""), ("dora-1", LATER), ("dora-2", "now")])
async def test_what_is_decided_and_not_committed_changes_no_answer(
    house: House, account: str, at: str
) -> None:
    async with held_up(house):
        under_way = asyncio.create_task(deposit(house, account))
        await until_committing(house)
        moment = iso(from_us(now_us())) if at == "now" else at
        told = await balance(house, account, **({"at": moment} if at else {}))
        entries = await statement(house, account, **({"to": moment} if at else {}))
    deposited = await under_way
    assert told["posted"] == 100_000
    assert told["as_of"] < deposited["created_at"]
    assert entries["as_of"] <= deposited["created_at"]
    assert await balance(house, account, at=told["as_of"]) == told
    assert await statement(house, account, to=entries["as_of"]) == entries
    assert (await balance(house, account))["posted"] == 100_500
    assert len((await statement(house, account))["items"]) == len(entries["items"]) + 1


async def test_no_answer_changes_under_load(house: House) -> None:
    told: list[tuple[str, Any]] = []
    ended = asyncio.Event()

    async def look() -> None:
        client = house.client()
        while not ended.is_set():
            for account in ACCOUNTS[:3]:
                told.append((account, await balance(house, account)))
                told.append((account, await balance(house, account, at=LATER)))
            listed = (await client.get("/v1/accounts")).json()["items"]
            told.extend((found["id"], found) for found in listed)

    async def pay(worker: int) -> None:
        client = house.client()
        for n in range(20):
            debtor, creditor = ACCOUNTS[(n + worker) % 3], ACCOUNTS[(n + worker + 1) % 3]
            body = {"debtor": debtor, "creditor": creditor, "amount": 1 + n, "currency": "EUR"}
            await client.post(
                "/v1/payments", json=body, headers={"Idempotency-Key": f"{worker}-{n}"}
            )

    looking = asyncio.create_task(look())
    await asyncio.gather(*(pay(worker) for worker in range(4)))
    ended.set()
    await looking
    assert len({view["as_of"] for _, view in told}) > 10
    for account, view in told:
        assert await balance(house, account, at=view["as_of"]) == view


async def test_a_clock_that_stands_still_makes_no_two_batches_of_one_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = now_us()
    monkeypatch.setattr(turns, "now_us", lambda: stopped)
    told = []
    for n in range(3):
        await deposit(house, "dora-3", str(n))
        told.append(await balance(house, "dora-3"))
    assert [view["posted"] for view in told] == [100_500, 101_000, 101_500]
    for view in told:
        assert await balance(house, "dora-3", at=view["as_of"]) == view


async def test_csv_says_it_in_a_header(house: House) -> None:
    headers = {"Accept": "text/csv"}
    client = house.client()
    path = "/v1/accounts/dora-4/entries"
    first = await client.get(path, params={"to": LATER}, headers=headers)
    await deposit(house, "dora-4")
    again = await client.get(path, params={"to": first.headers["As-Of"]}, headers=headers)
    assert again.text == first.text
    assert again.headers["As-Of"] == first.headers["As-Of"]
