"""What clients send: pydantic models, compiled once and read straight from a body's bytes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from headrace.runtime.money import AMOUNT_MAX, BALANCE_MAX

ITEMS_MAX = 10_000

AccountId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@+=-]{0,127}$")]
Key = Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
Amount = Annotated[int, Field(strict=True, ge=1, le=AMOUNT_MAX)]
Bound = Annotated[int, Field(strict=True, ge=0, le=BALANCE_MAX)]


class Body(BaseModel):
    """Nothing that isn't known."""

    model_config = ConfigDict(extra="forbid")


class PaymentBody(Body):
    """Pay a creditor from a debtor, in minor units."""

    debtor: AccountId
    creditor: AccountId
    amount: Amount
    currency: str


class BatchItem(PaymentBody):
    """A payment in a batch."""

    idempotency_key: Key


class LimitsBody(Body):
    """What an account may pay, at once and a UTC day; 0: no limit."""

    payment_max: Bound = 0
    daily_amount_max: Bound = 0
    daily_count_max: Bound = 0


class AccountBody(Body):
    """A new account, with money in it if so wished."""

    id: AccountId
    currency: str
    credit_line: Bound = 0
    limits: LimitsBody = LimitsBody()
    opening_deposit: Amount | None = None


payment = TypeAdapter(PaymentBody)
payment_batch = TypeAdapter(Annotated[list[BatchItem], Field(min_length=1, max_length=ITEMS_MAX)])
account_batch = TypeAdapter(Annotated[list[AccountBody], Field(min_length=1, max_length=ITEMS_MAX)])
key = TypeAdapter(Key)
