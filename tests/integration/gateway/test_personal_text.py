"""Personal text: nowhere plain in the ledger, told at every door while its subject's key lives, and
at none once that is destroyed, with everything else as it was."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support.strangers import NoWindows
from support.verdict import verdict_of

from headrace.actors.account_partition import AccountPartition
from headrace.actors.partition_client import PartitionClient
from headrace.runtime.keys import master_key, subject_keys
from headrace.runtime.keys.master_key import MasterKeyError
from headrace.runtime.payments.answer import LegsAnswer
from headrace.runtime.payments.command import PostLegs
from headrace.serve.gateway.app import Gateway

if TYPE_CHECKING:
    from .conftest import House

Json = dict[str, Any]
WORDS = "Praxis Dr. Blum"
TEXT: Json = {"description": f"{WORDS}, Rechnung 7", "metadata": {"patient": f"{WORDS} 1984"}}
GONE: Json = {"description": None, "metadata": None}


async def money_in(house: "House", key: str, account: str) -> Any:
    return await house.client().post(
        f"/v1/accounts/{account}/deposits",
        json={"amount": 700, "currency": "EUR", **TEXT},
        headers={"Idempotency-Key": key},
    )


async def pay(house: "House", key: str, debtor: str = "alice", **fields: Any) -> Any:
    body = {"debtor": debtor, "creditor": "bob", "amount": 125, "currency": "EUR", **TEXT, **fields}
    headers = {"Idempotency-Key": key, "Prefer": "wait=10"}
    return await house.client().post("/v1/payments", json=body, headers=headers)


async def pay_many(house: "House", debtor: str = "alice") -> Any:
    items = [
        {"debtor": debtor, "creditor": c, "amount": 5, "currency": "EUR",
         "idempotency_key": f"{debtor}-{c}", **TEXT}
        for c in ("bob", "carol", "dora")
    ]  # fmt: skip
    return await house.client().post(
        "/v1/payment-batches", json=items, headers={"Idempotency-Key": f"batch-{debtor}"}
    )


async def everything(house: "House") -> dict[str, Any]:
    """What every door answers: payments made again with their keys, read, listed, their events."""
    client = house.client()
    told = {
        "deposit": await money_in(house, "in", "alice"),
        "payment": await pay(house, "one"),
        "held": await pay(house, "two", capture="manual"),
        "declined": await pay(house, "three", amount=10**9),
        "batch": await pay_many(house),
        "list": await client.get("/v1/payments"),
        "by key": await client.get("/v1/payments", params={"idempotency_key": "one"}),
        "found batch": await client.get(
            "/v1/payment-batches", params={"idempotency_key": "batch-alice"}
        ),
        "statement": await client.get("/v1/accounts/alice/entries"),
        "bob's statement": await client.get("/v1/accounts/bob/entries"),
        "events": await client.get("/v1/events", params={"follow": "false"}),
    }
    payment = told["payment"].json()["id"]
    told["read"] = await client.get(f"/v1/payments/{payment}")
    told["timeline"] = await client.get(f"/v1/payments/{payment}/timeline")
    assert {name: a.status_code for name, a in told.items() if a.status_code >= 300} == {}
    return told


async def plain_places(house: "House", words: str) -> list[str]:
    """Tables, by what they show and by their files' bytes, in which words stand."""
    needle = words.encode()
    found = []
    await house.pool.execute("CHECKPOINT")
    tables = await house.pool.fetch(
        "SELECT oid::regclass::text AS name, pg_relation_filepath(oid) AS file FROM pg_class"
        " WHERE relkind IN ('r', 'i', 't', 'm') AND oid >= 16384"
    )
    for table in tables:
        read = "SELECT position($1::bytea IN pg_read_binary_file($2))"
        if await house.pool.fetchval(read, needle, table["file"]):
            found.append(table["name"])
    segments = await house.pool.fetch("SELECT name FROM pg_ls_waldir()")
    for (name,) in segments:
        read = "SELECT position($1::bytea IN pg_read_binary_file('pg_wal/' || $2))"
        if await house.pool.fetchval(read, needle, name):
            found.append(name)
    return found


async def test_text_was_plain_in_a_journal_that_is_never_updated(house: "House") -> None:
    await house.open("alice", "bob", "carol", "dora")
    assert WORDS in (await money_in(house, "in", "alice")).text
    assert WORDS in (await pay(house, "one", reference="an open word")).text
    await pay_many(house)
    assert await plain_places(house, "an open word") != []
    assert await plain_places(house, WORDS) == []
    assert await house.pool.fetchval("SELECT count(*) FROM subject_keys") == 1


async def test_with_the_key_alive_every_door_tells_the_text(house: "House") -> None:
    await house.open("alice", "bob", "carol", "dora")
    await everything(house)
    again = await everything(house)
    told = {name for name, answer in again.items() if WORDS in answer.text}
    assert told | {"bob's statement"} == set(again) - {"batch", "found batch", "timeline"}
    assert again["read"].json()["metadata"] == TEXT["metadata"]
    verdict = await verdict_of(house.settings)
    assert [c for c in verdict.checks if c.result != "pass"] == []
    (prints,) = [c for c in verdict.checks if c.name == "fingerprints_are_the_requests"]
    assert prints.figure.endswith(", 0 unchecked")


async def test_with_the_key_destroyed_everything_but_the_text_is_told_as_before(
    house: "House",
) -> None:
    await house.open("alice", "bob", "carol", "dora")
    await everything(house)
    before = await everything(house)
    alice = await house.pool.fetchval("SELECT number FROM accounts WHERE id = 'alice'")
    assert await subject_keys.destroy(house.pool, [alice]) == 1
    after = await everything(house)
    for name, answer in after.items():
        assert WORDS not in answer.text, name
        assert without_text(answer.text) == without_text(before[name].text), name
        assert answer.status_code == before[name].status_code
    assert after["read"].json() == before["read"].json() | GONE
    changed = await pay(house, "one", description="other words")
    assert (changed.status_code, changed.json()["code"]) == (422, "key_reused")
    verdict = await verdict_of(house.settings)
    assert [c for c in verdict.checks if c.result != "pass"] == []
    (prints,) = [c for c in verdict.checks if c.name == "fingerprints_are_the_requests"]
    assert prints.figure.endswith(", 7 unchecked")


def without_text(told: str) -> str:
    """JSON or events, what was sent along taken out of it."""
    for given in ('"description":null', '"metadata":null', *_given("description", "metadata")):
        told = told.replace("," + given, "").replace(given, "")
    return told


def _given(*names: str) -> list[str]:
    return [msgspec.json.encode({name: TEXT[name]}).decode()[1:-1] for name in names]


async def test_who_was_forgotten_and_pays_on_has_a_new_key(house: "House") -> None:
    await house.open("alice", "bob", "carol", "dora")
    forgotten = (await pay(house, "one")).json()["id"]
    alice = await house.pool.fetchval("SELECT number FROM accounts WHERE id = 'alice'")
    await subject_keys.destroy(house.pool, [alice])
    for partition in house.actors.partitions:
        partition._book.texts.forget_all()  # type: ignore[union-attr]  # a house has them
    later = (await pay(house, "two")).json()["id"]
    client = house.client()
    assert (await client.get(f"/v1/payments/{later}")).json()["description"] == TEXT["description"]
    assert (await client.get(f"/v1/payments/{forgotten}")).json()["description"] is None
    rows = await house.pool.fetch("SELECT generation, wrapped IS NULL FROM subject_keys ORDER BY 1")
    assert [tuple(row) for row in rows] == [(0, True), (1, False)]


async def test_who_comes_with_another_master_key_takes_nothing_over(
    house: "House", tmp_path: Path
) -> None:
    other = tmp_path / "master.key"
    master_key.make(other)
    wrong = house.settings.replace(master_key_file=str(other))
    leases = "SELECT partition, epoch, holder FROM leases ORDER BY partition"
    before = await house.pool.fetch(leases)
    actor = AccountPartition(0, "wrong", wrong, house.risk, NoWindows(), carry_nothing)
    with pytest.raises(MasterKeyError, match="is not this ledger's"):
        await actor.start()
    await actor.stop()
    partitions = PartitionClient(wrong.cell, wrong.calls, house.actors)
    with pytest.raises(MasterKeyError, match="is not this ledger's"):
        await Gateway(wrong, partitions, house.pool).start()
    with pytest.raises(MasterKeyError, match="is not this ledger's"):
        await verdict_of(wrong)
    assert await house.pool.fetch(leases) == before


async def carry_nothing(actor: int, legs: PostLegs) -> LegsAnswer:
    raise ConnectionError("away")


async def test_without_the_master_key_the_books_are_checked_but_for_the_text(
    house: "House", tmp_path: Path
) -> None:
    await house.open("alice", "bob", "carol", "dora")
    await everything(house)
    lost = house.settings.replace(master_key_file=str(tmp_path / "lost.key"))
    verdict = await verdict_of(lost)
    assert [c for c in verdict.checks if c.result != "pass"] == []
    (prints,) = [c for c in verdict.checks if c.name == "fingerprints_are_the_requests"]
    assert prints.figure.endswith(", 7 unchecked")


async def test_a_text_that_was_changed_is_told_as_none_and_found_by_verify(house: "House") -> None:
    await house.open("alice", "bob", "carol", "dora")
    one = (await pay(house, "one")).json()["id"]
    two = (await pay(house, "two", amount=126)).json()["id"]
    await house.pool.execute(
        "UPDATE journal SET details = (SELECT details FROM journal WHERE payment = $1"
        " AND details IS NOT NULL) WHERE payment = $2 AND details IS NOT NULL", one, two,
    )  # fmt: skip
    client = house.client()
    assert (await client.get(f"/v1/payments/{two}")).json()["description"] is None
    assert (await client.get(f"/v1/payments/{one}")).json()["description"] == TEXT["description"]
    verdict = await verdict_of(house.settings)
    red = {c.name for c in verdict.checks if c.result == "fail"}
    assert red == {"fingerprints_are_the_requests"}
