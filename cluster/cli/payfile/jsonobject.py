"""One JSON object, read the same way wherever it stands: on a line, in an array, in a column."""

import json
from decimal import Decimal
from typing import Any

import msgspec

from headrace.cluster.cli.payfile.unfit import Unfit, shown

_BEFORE_VALUES = ('":', " :", "\t:", "\n:", "\r:")
"""One of these stands in each member, at any depth; other text may have them too. Where there are
as many as members were read, no name was given twice: ten times cheaper than looking."""
_object = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def read_object(text: str) -> dict[str, Any]:
    """Its members, fractions as exact decimals. Unfit where it is none, or where a name is given
    twice at any depth: readers disagree on which one counts (RFC 8259, section 4)."""
    try:
        members = _object.decode(text)
        if sum(map(text.count, _BEFORE_VALUES)) != len(members):
            _names.decode(text)
    except msgspec.ValidationError as error:
        raise Unfit(f"is no JSON object: {error}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Unfit(f"is no JSON: {error}") from None
    return members


def unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """The pairs as a dict; Unfit where a name is given twice, or they are no pairs."""
    if not all(isinstance(pair, tuple) for pair in pairs):
        raise Unfit("is no JSON object")
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unfit(f"{shown(twice)} is given twice")
    return members


_names = json.JSONDecoder(object_pairs_hook=unique, parse_int=len, parse_float=len)
