"""What stands beside a key in the ledger: a hash of the operation and all that was asked with it.

The same key with another fingerprint was used for something else. What goes in is stated here once:
gateways make fingerprints of requests, `headrace verify` makes them again of records. A new field
goes to the end, and only where it is given: those of earlier records never change.

Personal text (`text`) goes in by its digest (keys/text_digest.py).
"""

from collections.abc import Iterable
from hashlib import blake2b
from struct import Struct as Layout

from msgspec import msgpack

from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.payments.command import Act, Fund, Pay, PaymentAction

_pack = msgpack.Encoder().encode
_signed = Layout(">q").unpack
_ARRAY_OF_TEN = b"\x9a"


def fingerprint(*fields: object) -> int:
    """Signed 64-bit BLAKE2b of an operation's name and its normalised fields, as MessagePack."""
    value: int
    (value,) = _signed(blake2b(_pack(fields), digest_size=8).digest())
    return value


def payment(
    debtor: str, creditor: str, amount: int, currency: int, manual: bool, occurred_at: int,
    expires_in_s: int, reference: str | None, text: bytes | None,
) -> int:  # fmt: skip
    """Of a new payment; `occurred_at` (microseconds) and `expires_in_s` are 0 where not given."""
    return fingerprint(
        "payment", debtor, creditor, amount, currency, manual, occurred_at, expires_in_s,
        reference, text,
    )  # fmt: skip


def expiry_behind(
    wanted: int, seconds: Iterable[int], debtor: str, creditor: str, amount: int, currency: int,
    manual: bool, occurred_at: int, reference: str | None, text: bytes | None,
) -> int | None:  # fmt: skip
    """The first of some `expires_in_s` with which a payment has the fingerprint; half a microsecond
    for each that is tried."""
    before = ("payment", debtor, creditor, amount, currency, manual, occurred_at)
    begun = blake2b(_ARRAY_OF_TEN + b"".join(map(_pack, before)), digest_size=8)
    after = _pack(reference) + _pack(text)
    digest = wanted.to_bytes(8, "big", signed=True)
    for tried in seconds:
        hashed = begun.copy()
        hashed.update(_pack(tried) + after)
        if hashed.digest() == digest:
            return tried
    return None


def fund(
    account: str, amount: int, currency: int, reference: str | None, text: bytes | None
) -> int:
    """Of a deposit (amount > 0) or withdrawal (< 0)."""
    return fingerprint("fund", account, amount, currency, reference, text)


def capture(payment: bytes, amount: int, final: bool) -> int:
    """Of a capture; amount 0: all that is held."""
    return fingerprint("capture", payment, amount, final)


def refund(payment: bytes, amount: int) -> int:
    """Of a refund; amount 0: all that is left."""
    return fingerprint("refund", payment, amount)


def decision(action: PaymentAction, payment: bytes) -> int:
    """Of what ends a hold or a review: cancel, accept or reject."""
    return fingerprint(action.name.lower(), payment)


def of(command: Pay | Act | Fund, digest: TextDigest | None = None) -> int:
    """What a gateway gives a command, whose own fingerprint is not looked at; ValueError when it
    has a text and there is no digest."""
    c = command
    if c.details is not None and digest is None:
        raise ValueError("the fingerprint of a text needs the ledger's digest")
    text = None if digest is None else digest.of(c.details)
    if isinstance(c, Pay):
        return payment(
            c.debtor, c.creditor, c.amount, c.currency, c.manual_capture, c.occurred_at,
            c.expires_in_s, c.reference, text,
        )  # fmt: skip
    if isinstance(c, Fund):
        return fund(c.account, c.amount, c.currency, c.reference, text)
    match PaymentAction(c.action):
        case PaymentAction.CAPTURE:
            return capture(c.payment, c.amount, c.final)
        case PaymentAction.REFUND:
            return refund(c.payment, c.amount)
        case action:
            return decision(action, c.payment)
