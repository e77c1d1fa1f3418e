"""Cursors are opaque, and good for one list only."""

from uuid import UUID

import pytest

from headrace.runtime.ledger import cursors
from headrace.runtime.ledger.cursors import InvalidCursor


@pytest.mark.parametrize("key", ["account/1", "ä", "0", 17, 2**128 - 1, UUID(int=1).hex])
def test_a_key_survives(key):
    cursor = cursors.encode("accounts", key)
    assert cursor.isascii()
    assert "=" not in cursor
    assert cursors.decode("accounts", cursor) == str(key)


def test_another_lists_cursor_is_refused():
    with pytest.raises(InvalidCursor):
        cursors.decode("entries", cursors.encode("accounts", "x"))


@pytest.mark.parametrize("cursor", ["", "=", "a", "é", "////", "YWNjb3VudHMv", "\x00"])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        cursors.decode("accounts", cursor)


@pytest.mark.parametrize("key", ["-1", "1.5", "x", "\uff19", "1" * 19])
def test_a_key_that_is_no_sequence_is_refused(key):
    with pytest.raises(InvalidCursor):
        cursors.decode_number("entries", cursors.encode("entries", key))


@pytest.mark.parametrize("key", [0, 17, 10**18 - 1])
def test_a_key_that_is_a_sequence_survives(key):
    assert cursors.decode_number("entries", cursors.encode("entries", key)) == key


@pytest.mark.parametrize("key", ["a/b", "/", "a/"])
def test_a_key_may_hold_what_divides_it_from_its_list(key):
    assert cursors.decode("accounts", cursors.encode("accounts", key)) == key


@pytest.mark.parametrize("key", ["x", "xy", "xyz"])
def test_cursors_of_any_length_are_read(key):
    """Base64 without its padding."""
    assert cursors.encode("l", key) == {"x": "bC94", "xy": "bC94eQ", "xyz": "bC94eXo"}[key]
    assert cursors.decode("l", cursors.encode("l", key)) == key


def test_a_cursor_is_safe_in_an_address():
    assert cursors.encode("l", "\u07ff\u07fe") == "bC_fv9--"
    assert cursors.decode("l", "bC_fv9--") == "\u07ff\u07fe"
