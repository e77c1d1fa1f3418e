"""Tokens and ids said how much all tenants do, grew with the installation, and fitted any ledger.

A position named a sequence in each partition, an id its partition and sequence: whoever kept two of
them knew how many records all others had made in between. With 2,048 partitions a position was
15 kB. And any ledger took it: after a restore a consumer missed events without a sign.

| door | input | found or clean |
|---|---|---|
| `id:` of `GET /v1/events` | 4,096 partitions | found: 15 kB and more, a 400 from the front |
| the same, bytes of the stream | 4,096 partitions | found: 97 % were positions |
| `id` of events, timelines, entries, deposits, CSV | two of one tenant's | found: count all |
| `next_cursor` of entries, of payments by account | base64 of a sequence | found: counts all |
| `next_cursor` of accounts, of payments | base64 of an own id | clean, and sealed with the rest |
| ids of payments, movements, batches, API keys | UUIDs, numbers within a payment | clean |
| `Last-Event-ID`, `?after=` | beyond the end, another ledger's, before a restore | found: taken |
| `?cursor=` of each list | the same | found: taken |
| any of them | another tenant's | positions and cursors: found, taken |
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from support.house import House
from support.journal_in_memory import JournalInMemory
from support.ledger_tokens import LEDGER, MASTER, TOKENS

from headrace.runtime.events.event import Event
from headrace.runtime.events.position import OtherHistory
from headrace.runtime.events.stream import EventStream
from headrace.runtime.events.telling import Told
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.cursors import Cursors
from headrace.runtime.ledger.read import Reader
from headrace.runtime.settings.events import EventSettings
from headrace.serve.gateway.events.events import _pieces

MINE, THEIRS = 5, 6
PLACE = re.compile(r"\d+:\d+(,\d+:\d+)*")
LISTS: list[tuple[str, dict[str, str]]] = [
    ("/v1/accounts", {}),
    ("/v1/accounts/alice/entries", {}),
    ("/v1/payments", {}),
    ("/v1/payments", {"debtor": "alice"}),
    ("/v1/payments", {"creditor": "bob", "status": "settled"}),
    ("/v1/payments", {"reference": "r"}),
]
FROM_ELSEWHERE = Tokens(MASTER, "00000000" if LEDGER != "00000000" else "11111111")


# At any number of partitions


async def read(journal: JournalInMemory, position: str = "") -> list[Told]:
    stream = EventStream(Reader(journal, tokens=TOKENS), EventSettings())
    start = await stream.start(position, MINE)
    return [told async for told in stream.until_now(start)]


async def _again(told: list[Told]) -> AsyncIterator[Told]:
    for one in told:
        yield one


def events(told: list[Told]) -> list[Event]:
    return [one.event for one in told if one.event]


@pytest.mark.parametrize("partitions", [16, 4_096])
async def test_positions_are_short_and_resumed_at_any_number_of_partitions(partitions: int) -> None:
    journal, random = JournalInMemory(partitions), Random(partitions)
    for _ in range(2_000):
        journal.commit(random.randrange(partitions), random.choice((MINE, MINE, THEIRS)))
    told = await read(journal)
    assert max(len(one.position) for one in told) <= 48
    for cut in random.sample(range(len(told)), 4):
        rest = await read(journal, told[cut].position)
        assert events(rest) == events(told)[len(events(told[: cut + 1])) :]
    pieces = [piece async for piece in _pieces(_again(told))]
    of_positions = sum(len(one.position) for one in told)
    assert of_positions < 0.12 * sum(map(len, pieces))


async def test_a_position_beyond_the_ledgers_end_is_refused() -> None:
    journal = JournalInMemory(4)
    for n in range(40):
        journal.commit(n % 4, MINE)
    backup = journal.ends()
    last = (await read(journal))[-1].position
    for n in range(9):
        journal.commit(n % 4, MINE)
    lost = [one.position for one in await read(journal, last)]
    restored = journal.restored(backup)
    for more in (0, 99):  # then its places have other records
        for n in range(more):
            restored.commit(n % 4, MINE)
        for position in lost:
            with pytest.raises(OtherHistory):
                await read(restored, position)
    assert len(events(await read(restored, last))) == 99


# Through every door


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(empty_house: House) -> House:
    await empty_house.open("alice", "bob", "carol")
    client = empty_house.client()
    for n in range(3):
        paid = {"debtor": "alice", "creditor": "bob", "amount": 5, "currency": "EUR"}
        body = paid | {"reference": "r", "capture": "manual" if n else "automatic"}
        headers = {"Idempotency-Key": f"pay-{n}", "Prefer": "wait=10"}
        made = (await client.post("/v1/payments", json=body, headers=headers)).json()
        if n == 1:
            await client.post(
                f"/v1/payments/{made['id']}/captures", json={},
                headers={"Idempotency-Key": "capture"},
            )  # fmt: skip
    return empty_house


def texts(value: Any) -> Iterator[str]:
    """All in a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from texts(one)
        case list():
            for one in value:
                yield from texts(one)


def data_of(stream: str) -> list[Any]:
    lines = stream.split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")] + [
        line[4:] for line in lines if line.startswith("id: ")
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_that_is_told_is_a_place_in_the_journal(house: House) -> None:
    client = house.client()
    told: list[Any] = []
    for kind in ("deposits", "withdrawals"):
        answer = await client.post(
            f"/v1/accounts/carol/{kind}", json={"amount": 3, "currency": "EUR"},
            headers={"Idempotency-Key": kind},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        told.append(answer.json())
    for path, asked in LISTS:
        told.append((await client.get(path, params=asked | {"limit": "1"})).json())
        assert told[-1]["items"]
    entries = "/v1/accounts/alice/entries"
    told.append((await client.get(entries, headers={"Accept": "text/csv"})).text.split(","))
    for payment in [payment["id"] for payment in told[4]["items"]]:
        told += [(await client.get(f"/v1/payments/{payment}/timeline")).json()]
    told.append(data_of((await client.get("/v1/events", params={"follow": "false"})).text))
    found = list(texts(told))
    assert len(found) > 200
    assert [text for text in found if PLACE.fullmatch(text)] == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("path", "asked"), LISTS)
async def test_a_cursor_is_one_tenants_and_one_ledgers(
    house: House, path: str, asked: dict[str, str]
) -> None:
    client = house.client()
    cursor = (await client.get(path, params=asked | {"limit": "1"})).json()["next_cursor"]
    assert (await client.get(path, params=asked | {"cursor": cursor})).status_code == 200
    foreign = Cursors(FROM_ELSEWHERE).encode("entries", 1, 1)
    refused = await client.get(path, params=asked | {"cursor": foreign})
    assert (refused.status_code, refused.json()["code"]) == (410, "other_history")
    assert refused.json()["errors"][0]["field"] == "cursor"
    if path == "/v1/accounts":
        refused = await house.client("stranger").get(path, params=asked | {"cursor": cursor})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_field")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_position_of_elsewhere_is_refused(house: House) -> None:
    told = await house.client("member").get("/v1/events", params={"follow": "false"})
    own = data_of(told.text)[-1]
    cases = [
        (own, "member", 200, ""),
        (FROM_ELSEWHERE.given(bytes(24)), "member", 410, "other_history"),
        (own, "stranger", 422, "invalid_field"),
        (own[:-1], "member", 422, "invalid_field"),
        ("0:1187,1:940", "member", 422, "invalid_field"),
        (own, "member", 410, "other_history"),
    ]
    for position, who, status, code in cases:
        if cases[-1] == (position, who, status, code):
            await house.pool.execute("TRUNCATE event_checkpoints")
        for where in ("Last-Event-ID", "after"):
            headers = {where: position} if where == "Last-Event-ID" else {}
            params = {"follow": "false"} | ({} if headers else {where: position})
            answer = await house.client(who).get("/v1/events", params=params, headers=headers)
            assert answer.status_code == status, answer.text
            if code:
                assert answer.json()["code"] == code
                assert answer.json()["errors"][0]["field"] == where
