"""Accounts: opened, changed, frozen, closed, funded."""

from headrace.loadtests.books.model.currencies import EVERYDAY
from headrace.loadtests.books.operations.payments import amount_for
from headrace.loadtests.books.world import Json, Sent, World


async def open_one(world: World) -> None:
    """A new account, now and then in no currency at all."""
    random = world.random
    asked: Json = {"id": world.account_id(), "currency": random.choice((*EVERYDAY, "EUR", "ZZZ"))}
    if random.random() < 0.3:
        asked["credit_line"] = random.randint(0, 2_000)
    if random.random() < 0.3:
        asked["limits"] = {"payment_max": random.randint(0, 300)}
    await _open(world, asked)


async def open_again(world: World) -> None:
    """With what was asked first, or something else."""
    account = world.some()
    if account is None:
        return
    currency, credit_line, limits = account.asked_first
    asked: Json = {"id": account.id, "currency": currency, "credit_line": credit_line}
    asked["limits"] = limits
    if world.random.random() < 0.3:
        asked["credit_line"] = credit_line + 987_654
    await _open(world, asked)


async def _open(world: World, asked: Json) -> None:
    told = await world.api.post("/v1/accounts", asked)
    if told.doubtful and told.status == 200 and asked["id"] not in world.books.accounts:
        told = told._replace(status=201)
    expected = world.books.open(asked)
    world.note("open", told)
    if expected.status == 200 and told.code == "account_exists":
        # nothing has changed, so the world goes on
        world.judged(
            {"POST /v1/accounts": asked}, expected, told.told(),
            ["refused, though asked as at first"], harmless=True,
        )  # fmt: skip
        return
    world.take({"POST /v1/accounts": asked}, expected, told)


async def change(world: World) -> None:
    """Limits and credit line."""
    account, random = world.some(), world.random
    if account is None:
        return
    asked: Json = {}
    if random.random() < 0.4:
        asked["credit_line"] = random.choice((0, 50, 10_000))
    if not asked or random.random() < 0.6:
        limits = {
            "payment_max": random.choice((0, 400, 3_000_000)),
            "daily_amount_max": random.choice((0, 0, 5_000, 5_000_000)),
            "daily_count_max": random.choice((0, 0, 20)),
        }
        asked["limits"] = dict(random.sample(sorted(limits.items()), random.randint(1, 3)))
    path = f"/v1/accounts/{account.id}"
    told = await world.api.ask("PATCH", path, asked)
    world.note("change", told)
    world.take({f"PATCH {path}": asked}, world.books.change(account.id, asked), told)


async def freeze_or_thaw(world: World) -> None:
    """Frozen ones mostly thaw."""
    account = world.some(state="frozen") if world.random.random() < 0.65 else world.some()
    if account is not None:
        frozen = account.state == "open"
        await _set_state(world, account.id, "freeze" if frozen else "unfreeze")


async def close(world: World) -> None:
    """An account as it is; mostly it has money."""
    accounts = sorted(world.books.accounts.values(), key=lambda a: (a.posted != 0, a.id))
    if accounts and len(accounts) > 6:
        account = accounts[0] if world.random.random() < 0.5 else world.random.choice(accounts)
        await _set_state(world, account.id, "close")


async def _set_state(world: World, id: str, verb: str) -> None:
    path = f"/v1/accounts/{id}/{verb}"
    told = await world.api.post(path)
    state = {"freeze": "frozen", "unfreeze": "open", "close": "closed"}[verb]
    expected = world.books.set_state(id, state)
    if told.doubtful and verb == "close" and told.code == "account_closed":
        expected.effect({})  # done by the attempt before
        return
    world.note(verb, told)
    world.take(f"POST {path}", expected, told)


async def deposit(world: World) -> None:
    """To any account."""
    await _fund(world, "deposit", world.random.choice((1, 20_000, 300_000, 2_500_000)))


async def withdraw(world: World) -> None:
    """As far as the money goes, and one more."""
    await _fund(world, "withdraw", None)


async def _fund(world: World, kind: str, amount: int | None) -> None:
    account = world.some()
    if account is None:
        return
    random = world.random
    body: Json = {"amount": amount or amount_for(world, account), "currency": account.currency}
    if random.random() < 0.05:
        body["currency"] = random.choice((*EVERYDAY, "ZZZ"))
    if random.random() < 0.2:
        body["reference"] = f"bank {random.randint(1, 99)}"
    path, key = (
        f"/v1/accounts/{account.id}/{kind}{'s' if kind == 'deposit' else 'als'}",
        world.key(),
    )
    told = await world.api.post(path, body, key)
    expected = world.books.fund(account.id, body, key, deposit=kind == "deposit")
    world.note(kind, told)
    if world.take({f"POST {path}": body}, expected, told) and not expected.refused:
        world.sent.append(Sent(kind, path, body, key))
