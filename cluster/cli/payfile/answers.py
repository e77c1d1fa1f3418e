"""What the platform answers about a batch, as far as `headrace pay` looks at it."""

from msgspec import Struct, json


class Payment(Struct, gc=False):
    """`payment` of an item of a batch answer."""

    id: str
    status: str
    decline_reason: str | None = None
    risk_score: int | None = None
    risk_degraded: bool = False


class FieldError(Struct, gc=False):
    field: str = ""
    reason: str = ""


class Problem(Struct, gc=False):
    """RFC 9457, as far as it is needed."""

    code: str = "unknown"
    title: str = ""
    detail: str = ""
    errors: list[FieldError] = []

    @property
    def field(self) -> str:
        return self.errors[0].field if self.errors else ""

    @property
    def reason(self) -> str:
        """The most that is told: about the field, about this request, or about the code."""
        about_field = self.errors[0].reason if self.errors else ""
        return about_field or self.detail or self.title


class ItemAnswer(Struct, gc=False):
    """One item's answer: a payment or a problem."""

    status: int
    payment: Payment | None = None
    problem: Problem | None = None
    replayed: bool = False


class BatchAnswer(Struct, gc=False):
    id: str
    results: list[ItemAnswer]


class AccountAnswer(Struct, gc=False):
    """One item of POST /v1/account-batches."""

    status: int
    problem: Problem | None = None


class AccountAnswers(Struct, gc=False):
    results: list[AccountAnswer]


batch = json.Decoder(BatchAnswer).decode
accounts = json.Decoder(AccountAnswers).decode
