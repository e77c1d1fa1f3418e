"""What stands in a partition's stead for risk and for other actors' knowledge of creditors."""

from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.risk.features import Matrix
from headrace.runtime.risk.windows import Windows


class Unscored:
    """Risk that has no opinion; a test may give it one."""

    def __init__(self) -> None:
        self.says: Risk = NOT_SCORED

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
        return [self.says] * len(amounts)


class NoWindows:
    """Knows nothing of creditors."""

    def for_creditor(self, number: int) -> Windows | None:
        return None

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None:
        return None
