"""Bodies and parameters into structs; what is wrong with them into problems that say where and why.

One decoder a type, made once. Of several mistakes the first is told.
"""

import re
from functools import cache
from typing import Any, TypeVar

import msgspec
import msgspec.inspect

from headrace.runtime.refusals import Refusal
from headrace.serve.http import names_once
from headrace.serve.http.forms import FIELD_REFUSALS, FORMS
from headrace.serve.http.problems import Problem

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

TOO_DEEP = "nested too deeply"

_any = msgspec.json.Decoder(msgspec.Raw)
_PATH = re.compile(r" - at (?:`key` in )?`(\$[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_GOT = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_FORM = re.compile(r"Expected `str` matching regex (.*)", re.DOTALL)
_BOUND = re.compile(r"Expected `(\w+)` (of length )?(<=|>=|==|<|>) (\S+)")
_NO_MOMENT = "Invalid RFC3339 encoded datetime"
_LEAP_SECOND = re.compile(r":60(\.[0-9]+)?([Zz]|[+-][0-9])")
_ENUM = re.compile(r"Invalid enum value (.*)", re.DOTALL)

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_FLAGS = {"true": True, "false": False}

_TYPES = {
    "int": "an integer",
    "float": "a number with a fraction or exponent",
    "str": "a string",
    "bool": "a boolean",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "datetime": "a date and time",
}
_BOUNDS = {"<=": "at most", ">=": "at least", "==": "exactly", "<": "less than", ">": "more than"}
_UNITS = {"str": "characters", "object": "pairs", "array": "items"}


def _types(names: str) -> str:
    return " or ".join(_TYPES.get(name, name) for name in names.split(" | "))


def _form(quoted: str) -> str:
    """A pattern in words, as msgspec quotes it."""
    for pattern, says in FORMS.items():
        if repr(pattern) == quoted:
            return says
    return "of another form"


def _reason(message: str) -> str:
    """msgspec's words in ours, without echoing what may be long or secret."""
    if found := _GOT.fullmatch(message):
        return f"expected {_types(found[1])}, got {_types(found[2])}"
    if found := _FORM.fullmatch(message):
        return "must be " + _form(found[1])
    if found := _BOUND.fullmatch(message):
        unit = " " + _UNITS[found[1]] if found[2] and found[1] in _UNITS else ""
        return f"must be {_BOUNDS[found[3]]} {found[4]}{unit}"
    if _ENUM.fullmatch(message):
        return "is none of the values allowed"
    if message == "Integer value out of range":
        return "is out of range"
    if message == "Expected `datetime` with a timezone component":
        return "must have an offset from UTC, such as Z"
    if message == _NO_MOMENT:
        return "must be a date and time as in RFC 3339"
    return message[:1].lower() + message[1:]


def invalid(error: msgspec.ValidationError, within: str = "", text: str = "") -> Problem:
    """The problem of a value that is JSON but not what was asked for; `within`: path to it, `text`:
    what it stands in."""
    message = str(error)
    path = within
    if found := _PATH.search(message):
        path = join(within, found[1][1:].lstrip("."))
        message = message[: found.start()]
    if found := _UNKNOWN.fullmatch(message):
        return Problem(Refusal.INVALID_FIELD, "unknown field", join(path, found[1][:80]))
    if found := _MISSING.fullmatch(message):
        return Problem(Refusal.INVALID_FIELD, "required", join(path, found[1]))
    refusal = FIELD_REFUSALS.get(path.rpartition(".")[2], Refusal.INVALID_FIELD)
    reason = _reason(message)
    if message == _NO_MOMENT and _LEAP_SECOND.search(text):
        reason = "leap seconds are not kept: send the second before or after"
    return Problem(refusal, reason, path or "body")


def join(path: str, field: str) -> str:
    """`limits` and `payment_max` → `limits.payment_max`; `items` and `[3]` → `items[3]`."""
    return f"{path}.{field}" if path and field and field[0] != "[" else path + field


def malformed(error: Exception) -> Problem:
    """The problem of a text that is not JSON."""
    if isinstance(error, RecursionError):
        return Problem(Refusal.MALFORMED_JSON, TOO_DEEP)
    if isinstance(error, UnicodeDecodeError):
        return Problem(Refusal.MALFORMED_JSON, f"not UTF-8 at byte {error.start}")
    return Problem(Refusal.MALFORMED_JSON, str(error)[:200])


def malformed_after_all(text: bytes) -> Problem | None:
    """The problem of a text that is no JSON further on, after a value that is not valid."""
    try:
        _any.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return malformed(error)
    return None


def decode(decoder: msgspec.json.Decoder[T], text: bytes | str, within: str = "") -> T:
    """The value of a JSON text; raises Problem. That it is not JSON goes before what it says.
    `decoder`: as names_once makes them."""
    body = text.encode() if isinstance(text, str) else text
    try:
        value = decoder.decode(body)
        names_once.check(body, value, within)
    except msgspec.ValidationError as error:
        raise malformed_after_all(body) or invalid(
            error, within, body.decode(errors="replace")
        ) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise malformed(error) from None
    return value


@cache
def _numbers_and_flags(kind: Any) -> dict[str, bool]:
    """A struct's fields that are numbers (False) or flags (True)."""
    told: dict[str, bool] = {}
    for field in getattr(msgspec.inspect.type_info(kind), "fields", ()):
        type_info = field.type
        while isinstance(type_info, msgspec.inspect.Metadata):
            type_info = type_info.type
        if isinstance(type_info, msgspec.inspect.BoolType | msgspec.inspect.IntType):
            told[field.encode_name] = isinstance(type_info, msgspec.inspect.BoolType)
    return told


def convert(values: dict[str, str], kind: type[S]) -> S:
    """Query parameters, which are all text, into a struct; raises Problem."""
    told: dict[str, object] = dict(values)
    for name, flag in _numbers_and_flags(kind).items():
        text = values.get(name)
        if text is not None and (flag or _INTEGER.fullmatch(text)):
            told[name] = _FLAGS.get(text, text) if flag else int(text)
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise invalid(error, text=" ".join(values.values())) from None
