"""Payments in batches, and named batches read again."""

import asyncio
import time
from collections.abc import Sequence

from headrace.loadtests.books import judge
from headrace.loadtests.books.model.outcome import Outcome, refused
from headrace.loadtests.books.operations.payments import request_of
from headrace.loadtests.books.world import AT_REST_S, REST_POLL_S, Json, SentBatch, World, today

ITEMS_MAX = 40


async def pay_many(world: World) -> None:
    """Debtors that nobody pays in this batch: each item's answer follows from those before it, also
    when it took several attempts, for an item that is put off puts off those of its debtor behind
    it. Nobody pays an account that has closed, as in `two_accounts`."""
    random, accounts = world.random, list(world.books.accounts.values())
    random.shuffle(accounts)
    debtors, creditors = accounts[::2], [a for a in accounts[1::2] if a.state != "closed"]
    items: list[Json] = []
    for place in range(random.randint(2, ITEMS_MAX)):
        debtor = random.choice(debtors)
        fitting = [c for c in creditors if c.currency == debtor.currency]
        if not fitting:
            continue
        asked = request_of(world, debtor, random.choice(fitting))
        items.append({"idempotency_key": f"{world.key()}.{place}", **_spoiled(world, asked, items)})
    if not items:
        return
    name = world.key() if random.random() < 0.7 else None
    told, results = await world.api.post_items("/v1/payment-batches", items, name)
    if told.status != 200 or len(results) != len(items):
        expected = Outcome(status=200, body={"results": len(items)})
        world.judged({"POST batch": items}, expected, told.told(), ["not 200 or not all items"])
        return
    first: dict[int, Outcome] = {}
    doubles = _doubles(world, items)
    for place, (item, result) in enumerate(zip(items, results, strict=True)):
        expected = DOUBLE if place in doubles else _expected(world, item, result)
        wrong = judge.item(expected, result, doubtful=told.doubtful)
        asked = {"POST /v1/payment-batches": item, "place": place, "of": len(items), "name": name}
        harmless = expected.refused and "problem" in result
        if world.judged(asked, expected, result, wrong, harmless=harmless):
            expected.effect(result.get("payment", {}))
        first[place] = expected
    world.note("batch", told._replace(body=[_outcome(r) for r in results]))
    batch = SentBatch(
        name or "", told.body["id"], items, [first[place] for place in range(len(items))]
    )
    await _settle(world, batch)
    world.batches.append(batch)


def _spoiled(world: World, asked: Json, before: list[Json]) -> Json:
    """Some items: ill-formed, for nobody, with a key of an item before or of long ago."""
    random, lot = world.random, world.random.random()
    if lot < 0.02:
        return {**asked, "amount": random.choice((0, -5))}
    if lot < 0.04:
        return {**asked, "creditor": f"{world.name}.nobody"}
    if lot < 0.06:
        return {**asked, "currency": "ZZZ"}
    if lot < 0.08 and before:
        return {**asked, "idempotency_key": random.choice(before)["idempotency_key"]}
    old = [sent for sent in world.sent if sent.kind == "pay"]
    if lot < 0.13 and old:
        sent = random.choice(old)
        return {**sent.body, "idempotency_key": sent.key}
    if lot < 0.18 and old:
        return {**asked, "amount": 3, "idempotency_key": random.choice(old).key}
    return asked


def _expected(world: World, item: Json, result: Json) -> Outcome:
    payment = result.get("payment") or {}
    degraded = payment.get("risk_degraded") is True
    return world.books.pay(item, item["idempotency_key"], today(), degraded=degraded)


def _doubles(world: World, items: Sequence[Json]) -> set[int]:
    """The places of items whose key a well-formed item before them has."""
    seen: set[str] = set()
    doubles = set()
    for place, item in enumerate(items):
        if world.books.pay(item, item["idempotency_key"], today()).code in FORM:
            continue
        if item["idempotency_key"] in seen:
            doubles.add(place)
        seen.add(item["idempotency_key"])
    return doubles


DOUBLE = refused("duplicate_key_in_batch", "idempotency_key")
FORM = ("invalid_amount", "unknown_currency", "same_account", "invalid_field")
"""Told before an item's key is looked at."""


def _outcome(result: Json) -> Json:
    """What one actor and three must tell alike: crossing money is settled a moment later."""
    payment, problem = result.get("payment") or {}, result.get("problem") or {}
    status = "settled" if payment.get("status") == "authorized" else payment.get("status")
    return {
        "status": result["status"], "payment": status, "code": problem.get("code"),
        "reason": payment.get("decline_reason"), "replayed": result.get("replayed", False),
    }  # fmt: skip


async def _settle(world: World, batch: SentBatch) -> None:
    """Until nothing of it is on its way."""
    automatic = {
        item["idempotency_key"]
        for item, expected in zip(batch.items, batch.expected, strict=True)
        if item.get("capture") != "manual" and not expected.refused
    }
    deadline = time.monotonic() + AT_REST_S
    while True:
        told = await world.api.get(f"/v1/payment-batches/{batch.id}")
        payments = [result.get("payment") or {} for result in told.body.get("results", ())]
        if not any(
            p.get("status") == "authorized" and p["idempotency_key"] in automatic for p in payments
        ):
            return
        if time.monotonic() > deadline:
            world.judged(
                f"GET /v1/payment-batches/{batch.id}", Outcome(status=200), told.told(),
                [f"payments on their way after {AT_REST_S:.0f} s"],
            )  # fmt: skip
            return
        await asyncio.sleep(REST_POLL_S)


async def read_again(world: World) -> None:
    """By its id or its name: each item as it stands now."""
    if not world.batches:
        return
    batch = world.random.choice(world.batches)
    if batch.name and world.random.random() < 0.5:
        told = await world.api.get("/v1/payment-batches", idempotency_key=batch.name)
    else:
        told = await world.api.get(f"/v1/payment-batches/{batch.id}")
    results = told.body.get("results", []) if isinstance(told.body, dict) else []
    if told.status != 200 or len(results) != len(batch.items):
        expected = Outcome(status=200, body={"results": len(batch.items)})
        wrong = ["not 200 or not all items"]
        world.judged("GET batch", expected, told.told(), wrong, harmless=True)
        return
    for place, (item, first, result) in enumerate(
        zip(batch.items, batch.expected, results, strict=True)
    ):
        known = world.books.keys.get(item["idempotency_key"])
        payment = None if first.refused or known is None else known.payment
        now = payment.view() if payment is not None else None
        wrong = judge.item_read_again(first, now, result)
        asked = {"read again": batch.name or batch.id, "place": place, "item": item}
        expected = first if now is None else Outcome(status=201, body={"status": now["status"]})
        world.judged(asked, expected, result, wrong, harmless=True)
    world.note("batch again", told._replace(body=[_outcome(r) for r in results]))
