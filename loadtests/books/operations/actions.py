"""What is asked of an existing payment."""

from headrace.loadtests.books import judge
from headrace.loadtests.books.api import Told
from headrace.loadtests.books.model.outcome import Outcome
from headrace.loadtests.books.model.payment import EXPIRES_S, HELD, Payment
from headrace.loadtests.books.world import Json, Sent, World, today


def _one(world: World, *statuses: str) -> Payment | None:
    """Mostly one of those that stand so; now and then any."""
    payments = world.books.payments
    if statuses and world.random.random() < 0.9:
        payments = [p for p in payments if p.status in statuses]
    return world.random.choice(payments[-200:]) if payments else None


async def capture(world: World) -> None:
    """All, a part, the rest, one too many."""
    payment, random = _one(world, *HELD), world.random
    if payment is None or world.books.accounts[payment.creditor].state == "closed":
        return  # whether the capture is refused or comes back depends on where the creditor lives
    asked: Json = {}
    if random.random() < 0.7:
        most = max(1, payment.held)
        asked["amount"] = random.choice((1, most, most + 1, random.randint(1, most)))
    if random.random() < 0.5:
        asked["final"] = random.random() < 0.4
    path, key = f"/v1/payments/{payment.id}/captures", world.key()
    told = await world.rested(await world.api.post(path, asked, key, wait=True))
    expected = world.books.capture(payment, asked, key, today())
    world.note("capture", told)
    if world.take({f"POST {path}": asked, "key": key}, expected, told) and not expected.refused:
        world.sent.append(Sent("capture", path, asked, key, payment))


async def refund(world: World) -> None:
    """All, a part, the rest, one too many."""
    payment, random = _one(world, "settled", "partially_refunded"), world.random
    if payment is None:
        return
    asked: Json = {}
    if random.random() < 0.7:
        most = max(1, payment.refundable)
        asked["amount"] = random.choice((1, most, most + 1, random.randint(1, most)))
    path, key = f"/v1/payments/{payment.id}/refunds", world.key()
    told = await world.rested(await world.api.post(path, asked, key, wait=True))
    expected = world.books.refund(payment, asked, key)
    world.note("refund", told)
    if world.take({f"POST {path}": asked, "key": key}, expected, told) and not expected.refused:
        world.sent.append(Sent("refund", path, asked, key, payment))


async def cancel(world: World) -> None:
    """What is held, sometimes what is not."""
    payment = _one(world, *HELD, "in_review")
    if payment is not None:
        path, key = f"/v1/payments/{payment.id}/cancel", world.key()
        told = await world.rested(await world.api.post(path, None, key))
        await _decided(world, path, key, payment, world.books.cancel(payment, key, today()), told)


async def accept(world: World) -> None:
    """By another administrator than the one that submitted it."""
    payment = _one(world, "in_review")
    if payment is None or world.books.accounts[payment.creditor].state == "closed":
        return
    path, key = f"/v1/payments/{payment.id}/accept", world.key()
    told = await world.rested(await world.reviewer.post(path, None, key, wait=True))
    expected = world.books.accept(payment, key)
    right = await _decided(world, path, key, payment, expected, told)
    if right and not expected.refused and payment.manual and not told.doubtful:
        wanted_s = payment.expires_in_s or EXPIRES_S
        body = told.body
        wrong = min(
            judge.expires(wanted_s, body["updated_at"], body["expires_at"]),
            judge.expires(wanted_s, body["created_at"], body["expires_at"]),
            key=len,
        )
        world.judged(f"POST {path}", expected, body, wrong, harmless=True)


async def reject(world: World) -> None:
    """By another administrator."""
    payment = _one(world, "in_review")
    if payment is not None:
        path, key = f"/v1/payments/{payment.id}/reject", world.key()
        told = await world.rested(await world.reviewer.post(path, None, key))
        await _decided(world, path, key, payment, world.books.reject(payment, key, today()), told)


async def _decided(
    world: World, path: str, key: str, payment: Payment, expected: Outcome, told: Told
) -> bool:
    if told.doubtful and told.code == "wrong_state" and not expected.refused:
        # an attempt before this one was carried out, and its answer lost
        told = await world.rested(await world.api.get(f"/v1/payments/{payment.id}"))
    if told.doubtful and told.replayed:
        told = told._replace(headers={})
    world.note(path.rpartition("/")[2], told)
    right = world.take({f"POST {path}": None, "key": key}, expected, told)
    if right and not expected.refused:
        world.sent.append(Sent(path.rpartition("/")[2], path, {}, key, payment))
    return right
