"""What the model expects of one request."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

Effect = Callable[[Mapping[str, Any]], None]
"""What the answer, if it is as expected, does to the books; given the answer's body."""


def nothing(body: Mapping[str, Any]) -> None:
    """Of what leaves no trace."""


class Outcome(Struct, frozen=True, kw_only=True):
    """A status, and either the members that the answer must have or the problem's code."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    field_name: str = ""
    """Which part of the request a problem blames; empty: not compared."""
    replayed: bool = False
    effect: Effect = nothing

    @property
    def refused(self) -> bool:
        return bool(self.code)

    def told(self) -> dict[str, Any]:
        """For people."""
        if self.refused:
            return {"status": self.status, "code": self.code, "field": self.field_name}
        return {"status": self.status, "replayed": self.replayed, **self.body}


STATUSES = {
    "invalid_field": 422, "invalid_amount": 422, "unknown_currency": 422,
    "idempotency_key_missing": 400, "same_account": 422, "duplicate_key_in_batch": 422,
    "key_reused": 422, "unknown_payment": 404, "unknown_account": 404, "account_exists": 409,
    "currency_mismatch": 422, "account_frozen": 409, "account_closed": 409,
    "balance_not_zero": 409, "insufficient_funds": 409, "wrong_state": 409,
    "amount_too_large": 422, "forbidden": 403,
}  # fmt: skip
"""As the problems' pages have them."""


def refused(code: str, field_name: str = "") -> Outcome:
    """A problem; it leaves no trace and uses up no key."""
    return Outcome(status=STATUSES[code], code=code, field_name=field_name)
