"""Reading: payments, accounts, statements, lists. Nothing changes, so a world goes on whatever it
is told."""

from collections.abc import Iterator

from headrace.loadtests.books import judge
from headrace.loadtests.books.model.account import Account
from headrace.loadtests.books.model.outcome import Outcome
from headrace.loadtests.books.model.payment import Payment
from headrace.loadtests.books.reading import adjoining_ranges, pages, quiet_moment
from headrace.loadtests.books.world import World


def _payment(world: World) -> Payment | None:
    return world.random.choice(world.books.payments) if world.books.payments else None


def _account(world: World) -> Account | None:
    account = world.some()
    return account if account and len(account.entries) < 1_500 else None


def _judged(world: World, asked: str, expected: object, told: object, wrong: list[str]) -> None:
    world.judged(asked, Outcome(status=200, body={"books": expected}), told, wrong, harmless=True)


async def read_payment(world: World) -> None:
    """As it stands."""
    if payment := _payment(world):
        path = f"/v1/payments/{payment.id}"
        told = await world.api.get(path)
        expected = Outcome(status=200, body=payment.view())
        world.judged(
            f"GET {path}", expected, told.told(), judge.answer(expected, told), harmless=True
        )
        world.note("read payment", told)


async def read_account(world: World) -> None:
    """As it stands."""
    if account := world.some():
        path = f"/v1/accounts/{account.id}"
        told = await world.api.get(path)
        expected = Outcome(status=200, body=account.view())
        world.judged(
            f"GET {path}", expected, told.told(), judge.answer(expected, told), harmless=True
        )
        world.note("read account", told)


async def read_timeline(world: World) -> None:
    """Of one payment."""
    if payment := _payment(world):
        path = f"/v1/payments/{payment.id}/timeline"
        told = await world.api.get(path)
        items = told.body.get("items", [])
        wrong = judge.timeline(items, payment.view())
        _judged(world, f"GET {path}", payment.status, items, wrong)


async def read_statement(world: World) -> None:
    """All of it, in pages of any size."""
    if account := _account(world):
        path = f"/v1/accounts/{account.id}/entries"
        limit = world.random.choice((3, 17, 100, 1000))
        entries = await pages(world.api, path, limit=limit)
        wrong = judge.statement(account.entries, entries, account.view())
        wrong += judge.texts(entries, {p.id: p.view() for p in world.books.payments})
        told = {"entries": len(entries), "newest": entries[:1]}
        _judged(world, f"GET {path}?limit={limit}", len(account.entries), told, wrong)


async def read_adjoining_statements(world: World) -> None:
    """The same in ranges that touch each other."""
    if account := _account(world):
        path = f"/v1/accounts/{account.id}/entries"
        whole = await pages(world.api, path, limit=1000)
        parts, cuts = await adjoining_ranges(world.api, path, whole, world.random)
        wrong = judge.adjoining(whole, parts)
        told = {"entries": len(whole), "in": [len(part) for part in parts]}
        _judged(world, f"GET {path} cut at {cuts}", len(account.entries), told, wrong)


async def read_as_of(world: World) -> None:
    """An account's balances at a past moment."""
    if account := _account(world):
        path = f"/v1/accounts/{account.id}"
        whole = await pages(world.api, f"{path}/entries", limit=1000)
        if (moment := quiet_moment(whole, world.random)) is None:
            return
        told = await world.api.get(path, at=moment)
        wrong = judge.as_of(whole, moment, told.body)
        _judged(world, f"GET {path}?at={moment}", account.id, told.told(), wrong)


async def list_payments(world: World) -> None:
    """By what one of them is known by, in small pages."""
    if known := _payment(world):
        name, value = world.random.choice([*_known_by(known)])
        ours = [p.id for p in world.books.payments if (name, value) in _known_by(p)]
        if len(ours) > 1_500:
            return
        limit = world.random.choice((7, 50, 1000))
        found = await pages(world.api, "/v1/payments", limit=limit, **{name: value})
        # Worlds share a tenant, and other worlds' payments may have the amount or metadata, too.
        found = [p for p in found if p["debtor"] in world.books.accounts]
        wrong = judge.page_order(found, ours)
        told = {"found": len(found)}
        _judged(world, f"GET /v1/payments?{name}={value}&limit={limit}", len(ours), told, wrong)


def _known_by(payment: Payment) -> Iterator[tuple[str, str]]:
    """Filters of lists that find a payment."""
    yield "debtor", payment.debtor
    yield "creditor", payment.creditor
    yield "account", payment.debtor
    yield "account", payment.creditor
    yield "amount", str(payment.amount)
    for name, value in (payment.metadata or {}).items():
        yield "metadata", f"{name}={value}"


async def find_by_key(world: World) -> None:
    """The documented way to learn what a key was used for."""
    if payment := _payment(world):
        told = await world.api.get("/v1/payments", idempotency_key=payment.key)
        expected = Outcome(status=200, body={"items": [payment.view()]})
        wrong = judge.answer(expected, told)
        world.judged(
            f"GET /v1/payments?idempotency_key={payment.key}", expected, told.told(), wrong,
            harmless=True,
        )  # fmt: skip
