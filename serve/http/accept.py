"""Which of several forms of an answer a client likes best (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_RANGE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9a-z-]+)/([!#$%&'*+.^_`|~0-9a-z-]+)\s*((?:;.*)?)")
_WEIGHT = re.compile(r";\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)")
_ANY_WEIGHT = re.compile(r";\s*q\s*=")


class _Liked(NamedTuple):
    """How much a form is liked, and, among those liked as much, which goes first."""

    weight: float
    closeness: int
    """2: the form itself is named; 1: its family; 0: anything."""
    place: int
    """In the header, from the end."""


def best(header: bytes, forms: Sequence[str]) -> str:
    """The form with the greatest weight; of several that weigh the same the one named most closely,
    then the one named first, then the first. The first too where none is acceptable: an answer says
    more than none."""
    ranges = _ranges(header.decode("latin-1").lower())
    if not ranges:
        return forms[0]
    liked = {form: _liked(form, ranges) for form in forms}
    found = max(forms, key=lambda form: liked[form])  # of equals the first
    return found if liked[found].weight else forms[0]


def _ranges(header: str) -> list[tuple[str, str, float]]:
    """Family, kind and weight; what is ill-formed counts for nothing."""
    told = []
    for part in header.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        family, kind, parameters = found.groups()
        weight = _WEIGHT.search(parameters)
        if weight is not None or not _ANY_WEIGHT.search(parameters):
            told.append((family, kind, float(weight[1]) if weight else 1.0))
    return told


def _liked(form: str, ranges: Sequence[tuple[str, str, float]]) -> _Liked:
    """What the closest range says of a form."""
    family, _, kind = form.partition("/")
    said = _Liked(0.0, -1, 0)
    for place, (of_family, of_kind, weight) in enumerate(ranges):
        if of_family == family and of_kind == kind:
            closeness = 2
        elif of_family == family and of_kind == "*":
            closeness = 1
        elif of_family == of_kind == "*":
            closeness = 0
        else:
            continue
        if closeness > said.closeness:
            said = _Liked(weight, closeness, -place)
    return said
