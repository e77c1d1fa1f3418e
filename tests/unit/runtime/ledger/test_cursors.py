"""Cursors are opaque, and good for one list only."""

from uuid import UUID

import pytest

from headrace.runtime.ledger import cursors
from headrace.runtime.ledger.cursors import InvalidCursor


@pytest.mark.parametrize("place", ["account/1", "ä", "0", 17, 2**128 - 1, UUID(int=1).hex])
def test_a_place_survives(place):
    cursor = cursors.encode("accounts", place)
    assert cursor.isascii()
    assert "=" not in cursor
    assert cursors.decode("accounts", cursor) == str(place)


def test_another_lists_cursor_is_refused():
    with pytest.raises(InvalidCursor):
        cursors.decode("entries", cursors.encode("accounts", "x"))


@pytest.mark.parametrize("cursor", ["", "=", "a", "é", "////", "YWNjb3VudHMv", "\x00"])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        cursors.decode("accounts", cursor)


@pytest.mark.parametrize("place", ["-1", "1.5", "x", "\uff19", "1" * 19])
def test_a_place_that_is_no_sequence_is_refused(place):
    with pytest.raises(InvalidCursor):
        cursors.decode_number("entries", cursors.encode("entries", place))


@pytest.mark.parametrize("place", [0, 17, 10**18 - 1])
def test_a_place_that_is_a_sequence_survives(place):
    assert cursors.decode_number("entries", cursors.encode("entries", place)) == place


@pytest.mark.parametrize("place", ["a/b", "/", "a/"])
def test_a_place_may_hold_what_divides_it_from_its_list(place):
    assert cursors.decode("accounts", cursors.encode("accounts", place)) == place


@pytest.mark.parametrize("place", ["x", "xy", "xyz"])
def test_cursors_of_any_length_are_read(place):
    """Base64 without its padding."""
    assert cursors.encode("l", place) == {"x": "bC94", "xy": "bC94eQ", "xyz": "bC94eXo"}[place]
    assert cursors.decode("l", cursors.encode("l", place)) == place


def test_a_cursor_is_safe_in_an_address():
    assert cursors.encode("l", "\u07ff\u07fe") == "bC_fv9--"
    assert cursors.decode("l", "bC_fv9--") == "\u07ff\u07fe"
