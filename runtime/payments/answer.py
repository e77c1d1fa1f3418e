"""What a partition answers, in the order of the commands: MessagePack arrays like them.

An answer holds only what the asker does not know already. A gateway that wants more reads the
ledger as it stood at the answer's record.
"""

from msgspec import Struct, msgpack


class Done(Struct, array_like=True, tag=1, gc=False):
    """Durable: the record (partition, seq) is committed."""

    partition: int
    seq: int
    at: int
    """The record's time, microseconds of UTC."""
    payment: bytes = b""
    """16 bytes; empty for accounts."""
    state: int = 0
    """PaymentState after the record."""
    reason: int = 0
    """DeclineReason."""
    risk_score: int = -1
    """0 to 1000; -1: not scored."""
    risk_flags: int = 0
    """Bits of runtime.risk.flags.RiskFlag."""
    risk_model: int = 0
    amount: int = 0
    """Of what was done to a payment: the amount it came to. Of a deposit: the balance after."""
    leg: int = 0
    """Number of the capture or refund within its payment."""
    expires_at: int = 0
    """Of a hold or review: when it ends, microseconds of UTC."""
    replayed: bool = False
    """The key was known: this is the first answer again."""


class Refused(Struct, array_like=True, tag=2, gc=False):
    """Nothing happened. `refusal` is a runtime.refusals.Refusal."""

    refusal: int
    field: str = ""
    detail: str = ""


NO_SUCH_LEG = -1


class LegsDone(Struct, array_like=True, tag=3, gc=False):
    """Durable: what was done with each leg of a PostLegs or SettleLegs, in order. 0: posted, or its
    end recorded; NO_SUCH_LEG; else the DeclineReason why not, for good."""

    reasons: list[int]


Answer = Done | Refused
LegsAnswer = LegsDone | Refused

encode = msgpack.Encoder().encode
_decoder = msgpack.Decoder(list[Answer])
_legs_decoder: msgpack.Decoder[LegsAnswer] = msgpack.Decoder(LegsAnswer)


def decode(data: bytes) -> list[Answer]:
    """The answers of one call."""
    return _decoder.decode(data)


def decode_legs(data: bytes) -> LegsAnswer:
    """The answer to a call of legs."""
    return _legs_decoder.decode(data)
