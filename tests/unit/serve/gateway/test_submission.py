"""What is taken on, and what is turned away before it is read."""

import pytest

from headrace.runtime.payments.answer import Answer, Refused
from headrace.runtime.payments.command import Command
from headrace.runtime.payments.refusals import Refusal
from headrace.serve.admission import Bound
from headrace.serve.gateway.submission import Submissions
from headrace.serve.problems import Problem


async def refuse(commands: "list[Command]") -> list[Answer]:
    return [Refused(Refusal.UNAVAILABLE)] * len(commands)


def submissions(payments: Bound, waiting_s: float) -> Submissions:
    return Submissions(refuse, payments, lambda: waiting_s, wait_max_s=0.5)  # type: ignore[arg-type]


def test_as_long_as_waiting_is_short_more_is_taken_on() -> None:
    payments = Bound("payments", 3)
    submissions(payments, 0.5).admit()
    assert payments.refused == 0


@pytest.mark.parametrize(("taken", "waiting_s"), [(0, 0.51), (3, 0.0)])
def test_what_would_wait_too_long_or_has_no_place_is_refused(taken: int, waiting_s: float) -> None:
    payments = Bound("payments", 3)
    payments.take(taken)
    with pytest.raises(Problem) as refused:
        submissions(payments, waiting_s).admit()
    assert refused.value.refusal is Refusal.OVERLOADED
    assert (payments.taken, payments.refused) == (taken, 1)
