"""Sealed texts: opened by their key, in the record that they were written in, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.keys.cipher import Cipher, NotAuthentic
from headrace.runtime.keys.sealed_text import (
    OVERHEAD_BYTES,
    KeyName,
    Where,
    is_sealed,
    key_of,
    seal,
    unseal,
)

CIPHER = Cipher(bytes(32))
NONCE = bytes(range(12))
KEYS = st.builds(KeyName, st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**15 - 1))
PLACES = st.builds(
    Where, st.integers(0, 4095), st.integers(1, 2**62), st.binary(min_size=16, max_size=16)
)
KEY, WHERE = KeyName(3 << 40 | 4096, 2), Where(3, 17, bytes(15) + b"\x01")
TEXT = '{"description":"Grüße"}'.encode()
SEALED = seal(CIPHER, KEY, WHERE, TEXT, NONCE)


@given(KEYS, PLACES, st.binary(max_size=5_000), st.binary(min_size=12, max_size=12))
def test_a_sealed_text_opens_where_it_was_written(key, where, text, nonce):
    sealed = seal(CIPHER, key, where, text, nonce)
    assert unseal(CIPHER, where, sealed) == text
    assert key_of(sealed) == key
    assert is_sealed(sealed)
    assert len(sealed) == len(text) + OVERHEAD_BYTES


@given(PLACES)
def test_moved_to_another_record_it_does_not_open(where):
    if where != WHERE:
        with pytest.raises(NotAuthentic):
            unseal(CIPHER, where, SEALED)


@given(st.integers(1, len(SEALED) - 1), st.integers(1, 255))
def test_changed_anywhere_it_does_not_open(at, change):
    """Behind its first byte, which says what it is; subject and generation too."""
    changed = bytearray(SEALED)
    changed[at] ^= change
    with pytest.raises(NotAuthentic):
        unseal(CIPHER, WHERE, bytes(changed))


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_cut_off_anywhere_it_does_not_open(length):
    with pytest.raises(NotAuthentic):
        unseal(CIPHER, WHERE, SEALED[:length])


def test_another_key_does_not_open_it():
    with pytest.raises(NotAuthentic):
        unseal(Cipher(b"\x01" * 32), WHERE, SEALED)


@given(st.dictionaries(st.text(), st.text()))
def test_no_json_is_taken_for_a_sealed_text(given_metadata):
    import json

    assert not is_sealed(json.dumps(given_metadata).encode())
    assert not is_sealed(None)
    assert not is_sealed(b"")


def test_the_form_stays_for_good():
    """Journals are never updated: what was written once is read for ever."""
    assert SEALED.hex() == (
        "0100000300000010000002000102030405060708090a0b"
        "f3e95737739efd90b20c3b8a9321e42e131e6b267c02ead4b20ed6be9ae1dbe9d7c8abf098f565d1c5"
    )
    assert unseal(CIPHER, WHERE, SEALED) == TEXT
