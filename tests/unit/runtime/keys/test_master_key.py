"""The master key's file, and what is wrapped under it."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.keys import master_key
from headrace.runtime.keys.cipher import KEY_BYTES, NotAuthentic
from headrace.runtime.keys.master_key import MasterKey, MasterKeyError

SECRETS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
GENERATIONS = st.integers(0, 2**15 - 1)
MASTER = MasterKey(bytes(range(KEY_BYTES)))


@given(SECRETS, SECRETS, NUMBERS, GENERATIONS)
def test_what_is_wrapped_comes_out_again(secret, key, subject, generation):
    wrapped = MasterKey(secret).wrap(subject, generation, key)
    assert key not in wrapped
    assert MasterKey(secret).unwrap(subject, generation, wrapped) == key


@given(NUMBERS, GENERATIONS, NUMBERS, GENERATIONS)
def test_one_subjects_key_put_in_anothers_place_does_not_open(one, older, other, newer):
    wrapped = MASTER.wrap(one, older, bytes(KEY_BYTES))
    if (one, older) != (other, newer):
        with pytest.raises(NotAuthentic):
            MASTER.unwrap(other, newer, wrapped)


@given(st.integers(0, 59), st.integers(1, 255))
def test_a_damaged_key_does_not_open(at, change):
    wrapped = bytearray(MASTER.wrap(7, 0, bytes(KEY_BYTES)))
    wrapped[at] ^= change
    with pytest.raises(NotAuthentic):
        MASTER.unwrap(7, 0, bytes(wrapped))


@pytest.mark.parametrize("length", range(60))
def test_what_is_cut_off_does_not_open(length):
    with pytest.raises(NotAuthentic):
        MASTER.unwrap(7, 0, MASTER.wrap(7, 0, bytes(KEY_BYTES))[:length])


def test_another_master_key_opens_nothing_and_has_another_name():
    other = MasterKey(bytes(KEY_BYTES))
    with pytest.raises(NotAuthentic):
        other.unwrap(7, 0, MASTER.wrap(7, 0, bytes(KEY_BYTES)))
    assert other.name != MASTER.name


def test_its_name_stays_the_same_for_good():
    """Ledgers are bound to it, and their fingerprints of texts to its digest."""
    assert MASTER.name == "f9ca859c7022469f0c0373f1c25ac68e"
    assert MASTER.digest.of(b"text") == bytes.fromhex("139cfdf16f791bfe1757fc0c78ff4bf9")
    assert MASTER.digest.of(None) is None


def test_a_new_one_is_for_its_owner_alone_and_never_written_over(tmp_path: Path):
    path = tmp_path / "master.key"
    made = master_key.make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == KEY_BYTES
    assert master_key.read(path).name == made.name
    with pytest.raises(FileExistsError):
        master_key.make(path)


def test_a_file_that_is_no_master_key_is_refused_with_a_remedy(tmp_path: Path):
    short, absent = tmp_path / "short", tmp_path / "absent"
    short.write_bytes(bytes(31))
    for path, words in ((short, "has 31 bytes"), (absent, "No such file"), ("", "is set")):
        with pytest.raises(MasterKeyError, match=words) as caught:
            master_key.read(path)
        assert caught.value.remedy in str(caught.value)
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(bytes(33))
