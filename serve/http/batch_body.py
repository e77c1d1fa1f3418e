"""Bodies that are lists: a JSON array, {"items": [...]}, or NDJSON.

A whole list is decoded in one go. Only when that fails is it taken apart, so that each item gets a
problem of its own; a text that is not JSON at all is refused as a whole. Lines with nothing but
blanks are no items.
"""

import re
from itertools import islice
from json import JSONDecodeError
from json.decoder import JSONDecoder
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from headrace.runtime.refusals import Refusal
from headrace.serve.http import names_once
from headrace.serve.http.decoding import TOO_DEEP, decode, malformed, malformed_after_all
from headrace.serve.http.problems import Problem

T = TypeVar("T")

_scan = JSONDecoder().raw_decode
_SPACE = " \t\n\r"
_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
"""One that is not blank."""


class _Raw(Struct, forbid_unknown_fields=True):
    items: msgspec.Raw


class BatchBody(Generic[T]):
    """Reads lists of one kind of item."""

    def __init__(self, item: type[T]) -> None:
        items: Any = list[item]  # type: ignore[valid-type]  # a type that is known when it runs
        wrapper = msgspec.defstruct("Items", [("items", items)], forbid_unknown_fields=True)
        self._item = names_once.decoder(item)
        self._array: msgspec.json.Decoder[Any] = names_once.decoder(items)
        self._wrapper: msgspec.json.Decoder[Any] = names_once.decoder(wrapper)
        self._raw = names_once.decoder(_Raw)

    def read(self, body: bytes, lines: bool, items_max: int) -> list[T | Problem]:
        """The items, or a problem in an item's place; raises Problem for the whole."""
        if lines and body.count(b"\n") >= items_max and _more_lines(body, items_max):
            raise _too_many(items_max)
        wrapped = not lines and body[:64].lstrip()[:1] == b"{"
        items: list[T | Problem]
        try:
            if lines:
                told: Any = self._item.decode_lines(body)
            else:
                told = (self._wrapper if wrapped else self._array).decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            items = self._apart(body, lines, wrapped, items_max)
        else:
            items = told.items if wrapped else told
            if len(items) <= items_max and not names_once.none_dropped(body, told, lines):
                items = _names_once(body, lines, wrapped, items)
        if len(items) > items_max:
            raise _too_many(items_max)
        if not items:
            raise Problem(Refusal.INVALID_FIELD, "must have at least one item", "items")
        return items

    def _apart(self, body: bytes, lines: bool, wrapped: bool, items_max: int) -> list[T | Problem]:
        if lines:
            texts = _LINE.findall(body)
        else:
            if wrapped:
                body = bytes(decode(self._raw, body).items)
            try:
                texts = [text.encode() for text in _elements(body.decode(), items_max)]
            except (UnicodeError, RecursionError) as error:
                raise malformed(error) from None
        return [self._one(text) for text in texts]

    def _one(self, text: bytes) -> T | Problem:
        try:
            return decode(self._item, text)
        except Problem as problem:
            return problem


def _names_once(
    body: bytes, lines: bool, wrapped: bool, items: list[T | Problem]
) -> list[T | Problem]:
    """The items, with a problem in the place of each that has a name twice; raises Problem where
    what is around them has."""
    told = names_once.read_again(b"[%b]" % b",".join(_LINE.findall(body)) if lines else body)
    if isinstance(told, names_once.Repeated):
        raise names_once.repeated(told)
    return [
        names_once.repeated(found) if isinstance(found, names_once.Repeated) else item
        for item, found in zip(items, told["items"] if wrapped else told, strict=True)
    ]


def _more_lines(body: bytes, most: int) -> bool:
    """Whether there are more than `most` that are not blank, without reading further."""
    return next(islice(_LINE.finditer(body), most, None), None) is not None


def _elements(text: str, items_max: int) -> list[str]:
    """The texts of a JSON array's elements, without reading further than is allowed."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        raise malformed_after_all(text.encode()) or Problem(
            Refusal.INVALID_FIELD, "expected an array", "body"
        )
    found: list[str] = []
    at = _skip(text, at + 1)
    closing = text[at : at + 1] == "]"
    while not closing:
        try:
            _, end = _scan(text, at)
        except JSONDecodeError as error:
            raise _broken(f"{error.msg} at character {error.pos}") from None
        except RecursionError:
            raise _broken(TOO_DEEP) from None
        except ValueError:
            raise _broken(f"a number is too long at character {at}") from None
        found.append(text[at:end])
        if len(found) > items_max:
            raise _too_many(items_max)
        at = _skip(text, end)
        closing = text[at : at + 1] == "]"
        if not closing:
            if text[at : at + 1] != ",":
                raise _broken(f"a comma or ] is expected at character {at}")
            at = _skip(text, at + 1)
    if _skip(text, at + 1) != len(text):
        raise _broken(f"nothing is expected at character {at + 1}")
    return found


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _broken(detail: str) -> Problem:
    return Problem(Refusal.MALFORMED_JSON, detail)


def _too_many(items_max: int) -> Problem:
    return Problem(Refusal.TOO_MANY_ITEMS, f"at most {items_max} items a request")
