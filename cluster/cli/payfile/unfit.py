"""A value that cannot be a field's."""

from typing import Any

SHOWN_MAX = 60
"""Characters of a value in a reason."""


class Unfit(ValueError):
    """str() is the reason."""


def shown(value: Any) -> str:
    """As it stands in a reason: its beginning."""
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "..."
