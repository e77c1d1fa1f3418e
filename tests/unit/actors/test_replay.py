"""A seed replays a run: the same commands at the same moments are the same bytes in the ledger."""

from random import Random
from typing import Any

import pytest
from actor_in_memory import ANNA, BERT, EUR, FAR, SHOP, TENANT, House, pay

from headrace.actors import account_partition, scoring, turns
from headrace.runtime.ids import payment_ids
from headrace.runtime.keys import subject_keys
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Act, ChangeAccount, Fund, PaymentAction
from headrace.runtime.settings import Settings

NOON = 1_700_000_000_000_000
TEXT = b'{"description":"words"}'


async def run(monkeypatch: pytest.MonkeyPatch, house: House, seed: int) -> list[Any]:
    """All that was to be written, in its order."""
    bytes_of = Random(seed).randbytes

    async def text_sealer(settings: Settings) -> TextSealer:
        return TextSealer(
            MasterKey(bytes(32)), 100, 5.0, monotonic=lambda: 0.0, random=bytes_of
        )  # fmt: skip

    async def no_keys(db: object, subjects: object) -> dict[int, Any]:
        return {}

    monkeypatch.setattr(account_partition, "text_sealer", text_sealer)
    monkeypatch.setattr(subject_keys, "newest", no_keys)
    for module in (turns, scoring):
        monkeypatch.setattr(module, "now_us", lambda: NOON)
    house.new_id = payment_ids(bytes_of)
    house.far(FAR)
    await house.started(ANNA, SHOP, BERT, queue_payments_max=100)
    await house.ask(pay("now"), pay("there", creditor=FAR), Fund(TENANT, BERT, 5, EUR, "f", 5))
    held = await house.ask(
        pay("held", manual_capture=True, details=TEXT), pay("hold", details=TEXT)
    )
    assert isinstance(held[0], Done)
    await house.ask(
        Act(TENANT, held[0].payment, PaymentAction.CAPTURE, 60, key="c", details=TEXT),
        ChangeAccount(TENANT, BERT, frozen=True),
    )
    await house.until(lambda: house.stat("open_legs") == 0)
    await house.actor.stop()
    return [(ready.rows, ready.statements) for ready, _ in house.ledger.laid_out.values()]


async def test_a_seed_replays_a_run_byte_for_byte(
    monkeypatch: pytest.MonkeyPatch, no_waiting: None
) -> None:
    runs = [await run(monkeypatch, House(monkeypatch), seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert len(runs[0]) >= 3
