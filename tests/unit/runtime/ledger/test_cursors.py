"""Cursors are opaque, and good for one list of one tenant of one ledger only."""

from uuid import UUID

import pytest
from support.ledger_tokens import MASTER, TOKENS

from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.cursors import Cursors, InvalidCursor, OfAnotherHistory

cursors = Cursors(TOKENS)


@pytest.mark.parametrize("key", ["account/1", "\u00e4", "0", 17, 2**128 - 1, UUID(int=1).hex])
def test_a_key_survives(key):
    cursor = cursors.encode("accounts", 5, key)
    assert cursor.isascii()
    assert "=" not in cursor
    assert cursors.decode("accounts", 5, cursor) == str(key)


@pytest.mark.parametrize(("listing", "tenant"), [("entries", 5), ("accounts", 6), ("account", 5)])
def test_another_lists_or_tenants_cursor_is_refused(listing, tenant):
    with pytest.raises(InvalidCursor):
        cursors.decode(listing, tenant, cursors.encode("accounts", 5, "x"))


def test_another_ledgers_cursor_is_told_apart():
    other = Cursors(Tokens(MASTER, "00000000"))
    with pytest.raises(OfAnotherHistory):
        cursors.decode("accounts", 5, other.encode("accounts", 5, "x"))


@pytest.mark.parametrize("cursor", ["", "=", "a", "\u00e9", "////", "YWNjb3VudHMv", "\x00"])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        cursors.decode("accounts", 5, cursor)


def test_a_number_is_bounded_by_what_there_is():
    cursor = cursors.encode("entries", 5, 17)
    assert cursors.decode_number("entries", 5, cursor, 17) == 17
    with pytest.raises(OfAnotherHistory):
        cursors.decode_number("entries", 5, cursor, 16)


def test_the_longest_account_id_makes_a_cursor_that_is_taken():
    """ListQuery.cursor: at most 256 characters."""
    assert len(cursors.encode("accounts", 5, "a" * 128)) <= 256
