"""What a partition can be asked to do: slotted structs that travel as MessagePack arrays.

Gateways check form and build them; a partition decides them. Accounts are named by the tenant's
own ids, money is in minor units, times are microseconds of UTC.
"""

from enum import IntEnum

from msgspec import Struct, msgpack


class Command(Struct, array_like=True, gc=False):
    """Of one kind each, told apart by its tag: decide.py has a row for every kind."""


class LegCommand(Command):
    """Of legs, which actors send each other and themselves; each call has one of them, or none.

    Names the home records that opened them. Columns of one length.
    """

    homes: list[int]
    """Partitions."""
    seqs: list[int]


class Pay(Command, tag=1):
    """Pay `creditor` from `debtor`, or hold the amount until captured."""

    tenant: int
    debtor: str
    creditor: str
    amount: int
    currency: int
    """ISO 4217 numeric code."""
    key: str
    fingerprint: int
    """Signed 64-bit hash over operation and fields: same key and other fingerprint is refused."""
    trace: bytes = bytes(16)
    """W3C trace id."""
    manual_capture: bool = False
    occurred_at: int = 0
    """0: now. Otherwise when the payment was taken elsewhere; risk windows use it."""
    expires_in_s: int = 0
    """How long a hold may last; 0: the platform's default."""
    reference: str | None = None
    details: bytes | None = None
    """JSON object with `description` and `metadata`, kept as sent."""
    submitted_by: bytes = b""
    """The API key's id, 16 bytes: it may not decide the payment's review. Empty: nobody knows."""


class PaymentAction(IntEnum):
    """What can be done to an existing payment."""

    CAPTURE = 1
    REFUND = 2
    CANCEL = 3
    ACCEPT = 4
    REJECT = 5
    EXPIRE = 6
    """The clock's; no client can ask for it."""


class Act(Command, tag=2):
    """Do something to a payment; ordered at its home partition."""

    tenant: int
    payment: bytes
    action: int
    amount: int = 0
    """Of a capture or refund; 0: all that is left."""
    final: bool = True
    """Of a capture: release what it leaves."""
    key: str | None = None
    fingerprint: int = 0
    trace: bytes = bytes(16)
    details: bytes | None = None
    by: bytes = b""
    """The id of the API key that asks, 16 bytes; reviews are told apart by it."""


class OpenAccount(Command, tag=3):
    """Open a tenant's account. Opening it again with the same settings is no error."""

    tenant: int
    account: str
    currency: int
    credit_line: int = 0
    payment_max: int = 0
    """Limits: 0 is none. Amount a payment, amount a UTC day, payments a UTC day."""
    daily_amount_max: int = 0
    daily_count_max: int = 0
    trace: bytes = bytes(16)


class ChangeAccount(Command, tag=4):
    """Freeze, limit or close an account; None leaves a setting as it is."""

    tenant: int
    account: str
    frozen: bool | None = None
    close: bool = False
    credit_line: int | None = None
    payment_max: int | None = None
    daily_amount_max: int | None = None
    daily_count_max: int | None = None
    trace: bytes = bytes(16)


class Fund(Command, tag=5):
    """A deposit (amount > 0) from, or withdrawal (< 0) to, the partition's external account."""

    tenant: int
    account: str
    amount: int
    currency: int
    key: str
    fingerprint: int
    trace: bytes = bytes(16)
    reference: str | None = None
    details: bytes | None = None


class PostLegs(LegCommand, tag=6):
    """To a counterpart: carry out the legs that these records of their homes opened, one or more.

    The legs' facts are read from the ledger, never from the message.
    """

    again: bool = False
    """They may have been carried out already: look before deciding."""


class SettleLegs(LegCommand, tag=7):
    """At home: what the counterpart did with legs, one or more."""

    reasons: list[int]
    """0: carried out; else the DeclineReason why not."""


encode = msgpack.Encoder().encode
