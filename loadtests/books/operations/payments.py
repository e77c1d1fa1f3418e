"""Single payments: made, sent again, expired."""

import asyncio
import time

from headrace.loadtests.books import judge
from headrace.loadtests.books.model.account import AMOUNT_MAX, Account
from headrace.loadtests.books.model.outcome import Outcome
from headrace.loadtests.books.model.payment import EXPIRES_S, REVIEW_EXPIRES_S
from headrace.loadtests.books.model.risk import REJECT_FROM, REVIEW_FROM
from headrace.loadtests.books.world import Json, Sent, World, day_of, today

EXPIRY_LATE_S = 30.0
"""How long after its time a hold may stand while everything is killed."""


def amount_for(world: World, debtor: Account) -> int:
    """Mostly small; often at an edge of what the debtor may pay, or one beside it."""
    random = world.random
    edges = [debtor.available, REVIEW_FROM, REJECT_FROM]
    edges += [limit for limit in (debtor.limits["payment_max"],) if limit]
    if debtor.limits["daily_amount_max"]:
        edges.append(debtor.left_today(today()))
    lot = random.random()
    if lot < 0.70:
        return random.randint(1, 500)
    if lot < 0.92:
        return max(1, random.choice(edges) + random.choice((-1, 0, 0, 1)))
    return random.randint(1, max(2, debtor.available))


def request_of(world: World, debtor: Account, creditor: Account) -> Json:
    """A payment that is well-formed."""
    random = world.random
    asked: Json = {
        "debtor": debtor.id, "creditor": creditor.id, "amount": amount_for(world, debtor),
        "currency": debtor.currency,
    }  # fmt: skip
    if random.random() < 0.35:
        asked["capture"] = "manual"
        if random.random() < 0.3:
            asked["expires_in_s"] = random.randint(600, 7_776_000)
    if random.random() < 0.3:
        asked["reference"] = f"{world.name}-{random.randint(1, 5)}"
    if random.random() < 0.2:
        asked["description"] = random.choice(("Zwei Karten", "два билета", "x" * 500, ""))
    if random.random() < 0.2:
        asked["metadata"] = {f"k{i}": str(i) for i in range(random.randint(0, 4))}
    return asked


def two_accounts(world: World) -> tuple[Account, Account] | None:
    """Mostly such as can pay each other. Nobody pays an account that has closed: another partition
    may learn of it late, and then the payment comes back instead of being refused."""
    debtor = world.some(state="open" if world.random.random() < 0.9 else None)
    if debtor is None:
        return None
    currency = debtor.currency if world.random.random() < 0.95 else None
    creditor = world.some(currency=currency)
    if creditor is None or creditor.state == "closed":
        return None
    return debtor, creditor


async def make(world: World, asked: Json, key: str) -> None:
    """A payment, judged when its money is at rest."""
    told = await world.rested(await world.api.post("/v1/payments", asked, key, wait=True))
    degraded = isinstance(told.body, dict) and told.body.get("risk_degraded") is True
    expected = world.books.pay(asked, key, day_of(told.body), degraded=degraded)
    world.note("pay", told)
    right = world.take({"POST /v1/payments": asked, "key": key}, expected, told)
    if right and not expected.refused:
        world.sent.append(Sent("pay", "/v1/payments", asked, key))
        check_expiry(world, asked, told.body)


def check_expiry(world: World, asked: Json, body: Json) -> None:
    """A hold ends when it was asked to, by default after seven days, a review after one."""
    wanted_s = None
    if body["status"] == "in_review":
        wanted_s = REVIEW_EXPIRES_S
    elif body["capture"] == "manual" and body["status"] == "authorized":
        wanted_s = asked.get("expires_in_s") or EXPIRES_S
    wrong = judge.expires(wanted_s, body["created_at"], body["expires_at"])
    expected = Outcome(status=201, body={"expires_in_s": wanted_s})
    world.judged({"POST /v1/payments": asked}, expected, body, wrong, harmless=True)


async def pay(world: World) -> None:
    """With both accounts as they may be."""
    both = two_accounts(world)
    if both is not None:
        await make(world, request_of(world, *both), world.key())


async def pay_ill_formed(world: World) -> None:
    """A payment that is refused for one reason, or by the first of several."""
    both = two_accounts(world)
    if both is None:
        return
    asked, random = request_of(world, *both), world.random
    spoil = {
        "amount": (0, -1, AMOUNT_MAX + 1),
        "currency": ("ABC", "eur", "XAU"),
        "debtor": (f"{world.name}.nobody",),
        "creditor": (f"{world.name}.nobody", asked["debtor"]),
    }
    for name in random.sample(sorted(spoil), random.choice((1, 1, 2))):
        asked[name] = random.choice(spoil[name])
    await make(world, asked, world.key())


async def send_again(world: World) -> None:
    """An old request: the first answer."""
    if not world.sent:
        return
    old = world.random.choice(world.sent)
    api = world.reviewer if old.kind in ("accept", "reject") else world.api
    told = await api.post(old.path, old.body or None, old.key)
    expected = _expected_again(world, old, old.body)
    wrong = judge.replay(expected.body, told, expected.status)
    asked = {f"again POST {old.path}": old.body, "key": old.key}
    world.judged(asked, expected, told.told(), wrong, harmless=True)
    world.transcript.append({"what": "again", "status": told.status, "replayed": told.replayed})


async def reuse_a_key(world: World) -> None:
    """An old key with another amount, account or operation."""
    if not world.sent:
        return
    old, random = world.random.choice(world.sent), world.random
    account = world.some(state="open")
    if old.kind == "pay" and account and random.random() < 0.3:
        body = {"amount": 1, "currency": account.currency}
        new = Sent("deposit", f"/v1/accounts/{account.id}/deposits", body, old.key)
    elif old.kind == "pay" and account and random.random() < 0.4:
        new = old._replace(body={**old.body, "debtor": account.id, "amount": 1})
    elif old.kind in ("cancel", "accept", "reject"):
        assert old.payment is not None
        path = f"/v1/payments/{old.payment.id}/refunds"
        new = Sent("refund", path, {"amount": 1}, old.key, old.payment)
    else:
        new = old._replace(body={**old.body, "amount": (old.body.get("amount") or 1) + 1})
    told = await world.api.post(new.path, new.body, new.key)
    expected = _expected_again(world, new, new.body)
    world.note("reuse", told)
    asked = {f"POST {new.path}": new.body, "a used key": new.key}
    if expected.refused:
        world.take(asked, expected, told)


def _expected_again(world: World, old: Sent, body: Json) -> Outcome:
    books = world.books
    if old.kind == "pay":
        return books.pay(body, old.key, today())
    if old.kind in ("deposit", "withdraw"):
        account = old.path.split("/")[3]
        return books.fund(account, body, old.key, deposit=old.kind == "deposit")
    payment, key = old.payment, old.key
    assert payment is not None
    actions = {
        "capture": lambda: books.capture(payment, body, key, today()),
        "refund": lambda: books.refund(payment, body, key),
        "cancel": lambda: books.cancel(payment, key, today()),
        "accept": lambda: books.accept(payment, key),
        "reject": lambda: books.reject(payment, key, today()),
    }
    return actions[old.kind]()


async def let_expire(world: World) -> None:
    """A hold of a second, and what becomes of it."""
    debtor = world.some(state="open")
    creditor = debtor and world.some(currency=debtor.currency)
    if debtor is None or creditor is None or creditor is debtor:
        return
    asked = {
        "debtor": debtor.id, "creditor": creditor.id, "amount": world.random.randint(1, 50),
        "currency": debtor.currency, "capture": "manual", "expires_in_s": 1,
    }  # fmt: skip
    before = len(world.books.payments)
    await make(world, asked, world.key())
    if len(world.books.payments) == before or not world.books.payments[-1].held:
        return
    payment = world.books.payments[-1]
    path, deadline = f"/v1/payments/{payment.id}", time.monotonic() + 1 + EXPIRY_LATE_S
    while True:
        await asyncio.sleep(0.25)
        told = await world.api.get(path)
        if told.body.get("status") != "authorized" or time.monotonic() > deadline:
            break
    world.take(f"GET {path} after its hold's end", world.books.expire(payment, today()), told)
