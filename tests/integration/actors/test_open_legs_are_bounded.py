"""What waits for a counterpart that is away is bounded, and is all there when it comes back."""

from typing import Any

from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.payments.refusals import Refusal


async def test_payments_to_a_counterpart_that_is_away_are_refused_beyond_a_bound(
    cell: Any,
) -> None:
    debtor, near = cell.owned_by(0, 2)
    (far,) = cell.owned_by(1, 1)
    await cell.open(debtor, near, far)
    (held,) = await cell.ask(cell.pay(debtor, far, "hold", manual_capture=True))
    (settled,) = await cell.ask(cell.pay(debtor, near, "settled"))
    await cell.restart(0, open_legs_max=5)
    await cell.actors[1].stop()
    answers = await cell.ask(*(cell.pay(debtor, far, f"k{n}") for n in range(40)))
    assert sum(isinstance(a, Done) for a in answers) == 5
    assert {a.refusal for a in answers[5:]} == {Refusal.OVERLOADED}
    assert all(a.detail for a in answers[5:])
    capture, refund, local = await cell.ask(
        Act(cell.tenant, held.payment, PaymentAction.CAPTURE, key="c", fingerprint=1),
        Act(cell.tenant, settled.payment, PaymentAction.REFUND, key="r", fingerprint=1),
        cell.pay(debtor, near, "local"),
    )
    assert [capture.refusal, refund.refusal] == [Refusal.OVERLOADED] * 2
    assert isinstance(local, Done)
    await cell.start(1)
    await cell.all_arrived()
    again = await cell.ask(*(cell.pay(debtor, far, f"k{n}") for n in range(5)))
    assert all(a.replayed for a in again)
    assert await cell.posted(far) == 100_500
