"""Free text of payments and of money that enters or leaves, as a partition keeps it."""

from typing import Any

from msgspec import json as msgspec_json

_encode_details = msgspec_json.Encoder(order="deterministic").encode


def details(description: str | None, metadata: dict[str, str] | None) -> bytes | None:
    """The compact JSON that a partition keeps, keys in order; None when there is nothing. What is
    empty is none: the same request, whether a client leaves it out or not."""
    if not description and not metadata:
        return None
    present: dict[str, Any] = {}
    if description:
        present["description"] = description
    if metadata:
        present["metadata"] = metadata
    return _encode_details(present)
