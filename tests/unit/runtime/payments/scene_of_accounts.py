"""What is expected of an account that is opened or changed."""

from msgspec import json
from scene import (
    ANNA,
    record,
)

SETTINGS = {"credit_line": 11, "payment_max": 12, "daily_amount_max": 13, "daily_count_max": 14}
NONE_SET = dict.fromkeys(SETTINGS, 0)
NEW = "new-3"
"""Of partition 0, as BLAKE2b has it."""


def told(id, state="open", currency="EUR", **settings):
    """What an account's record says of it."""
    given = {"id": id, "currency": currency, "state": state, **NONE_SET, **settings}
    return json.encode(given)


def settings_record(kind, number=ANNA, **fields):
    return record(kind, **{"amount": 0, "credit": number, **fields})
