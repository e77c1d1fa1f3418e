"""A name given twice in one JSON object: which value counts would be each reader's own choice
(RFC 8259, section 4), so it is refused and named.

msgspec keeps the last value and says nothing. Reading every text a second time, by the standard
library, which tells every pair, costs 1 to 2 us an item. So a count goes before it, of 0.15 to 0.5
us an item of a batch (of some 45) and about 1 us a single request (of 180): what was decoded is
encoded again, and has as many quotation marks as the text. A mark in a text begins or ends a name
or a string, or is one of a string's own, escaped; what is encoded again holds no name and no string
that was not kept, and no mark of a string's own that the text has not, unless it was spelled
\\u0022. As many marks therefore mean that nothing was dropped.

Structs must leave their defaults out (`omit_defaults`) for that; `decoder` sees to it. Then a null
or default that the text spells out misses the count, and the text is decoded once more, to plain
values, and counted again, for 0.9 us. Only what misses that too is read pair by pair.
"""

import json
from typing import Any, TypeVar

import msgspec
import msgspec.inspect

from headrace.runtime.refusals import Refusal
from headrace.serve.http.problems import Problem

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode
_plain = msgspec.json.Decoder()
_MARK, _ESCAPE, _MARK_SPELLED = b'"', b"\\", b"\\u0022"


class Repeated(str):
    """The path to a name that an object has twice, in the object's place."""

    __slots__ = ()


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Of bodies of a type whose names are counted. Raises TypeError where they could not be."""
    for told in _structs(msgspec.inspect.type_info(kind)):
        optional = [field for field in told.fields if not field.required]
        if optional and not told.cls.__struct_config__.omit_defaults:
            raise TypeError(f"{told.cls.__name__} must omit its defaults")
        if any(field.default_factory is not msgspec.NODEFAULT for field in optional):
            raise TypeError(f"{told.cls.__name__} has a default that is made anew")
    return msgspec.json.Decoder(kind)


def _structs(told: msgspec.inspect.Type) -> list[msgspec.inspect.StructType]:
    """Those of a type, nested ones too."""
    found = []
    within: list[Any] = [told]
    while within:
        match within.pop():
            case msgspec.inspect.StructType() as struct:
                found.append(struct)
                within += [field.type for field in struct.fields]
            case msgspec.inspect.Metadata(type=inner):
                within.append(inner)
            case msgspec.inspect.UnionType(types=types):
                within += types
            case msgspec.inspect.ListType(item_type=item):
                within.append(item)
            case msgspec.inspect.DictType(value_type=value):
                within.append(value)
    return found


def none_dropped(text: bytes, value: Any, lines: bool = False) -> bool:
    """Whether a text of which a value was decoded surely has no name twice. False: it may. `lines`:
    it is NDJSON, and the value a list."""
    if _ESCAPE in text and _MARK_SPELLED in text:  # the first is looked for ten times as fast
        return False
    marks = text.count(_MARK)
    return marks == _encode(value).count(_MARK) or (
        marks == _encode(_plain.decode_lines(text) if lines else _plain.decode(text)).count(_MARK)
    )


def check(text: bytes, value: Any, within: str = "") -> None:
    """Raises Problem(NAME_REPEATED) where the text of a decoded value has a name twice."""
    if not none_dropped(text, value):
        told = read_again(text)
        if isinstance(told, Repeated):
            raise repeated(told, within)


def read_again(text: bytes) -> Any:
    """A JSON text with `Repeated` in the place of each object that has a name twice, or of the one
    around it."""
    return json.loads(text.decode(), object_pairs_hook=_repeated)


def _repeated(pairs: list[tuple[str, Any]]) -> "dict[str, Any] | Repeated":
    told = dict(pairs)
    if len(told) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                return Repeated(name)
            seen.add(name)
    for name, value in pairs:
        if isinstance(value, Repeated):
            return Repeated(f"{name}.{value}")
    return told


def repeated(path: str, within: str = "") -> Problem:
    """The problem of a name, whose path is told, that stands there twice."""
    field = f"{within}.{path}" if within else path
    return Problem(Refusal.NAME_REPEATED, "is given twice", field[:200])
