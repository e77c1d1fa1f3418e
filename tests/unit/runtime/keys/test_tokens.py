"""Ids and tokens: what clients get of places in the ledger, and can't read."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledger_tokens import LEDGER, MASTER, TOKENS, record_id_of

from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.tokens import NotAToken, OfAnotherLedger, Tokens, passing

SEQS = st.integers(0, 2**62)
LIST = [b"entries", b"5"]


@given(st.integers(1, 2**31 - 2), st.integers(0, 4095), SEQS)
def test_an_id_stands_for_one_place_and_says_nothing_of_it(tenant, partition, seq):
    id = TOKENS.id_of(tenant, partition, seq)
    assert len(id) == 32
    assert record_id_of(id) == (partition, seq)
    others = {TOKENS.id_of(tenant + 1, partition, seq), TOKENS.id_of(tenant, partition + 1, seq),
              TOKENS.id_of(tenant, partition, seq + 1)}  # fmt: skip
    assert len({id, *others}) == 4


def test_a_restored_ledger_has_the_same_ids_and_another_has_others():
    assert Tokens(MASTER, LEDGER).id_of(1, 3, 1187) == TOKENS.id_of(1, 3, 1187)
    assert Tokens(MASTER, "00000000").id_of(1, 3, 1187) != TOKENS.id_of(1, 3, 1187)
    assert Tokens(MasterKey(bytes([1]) * 32), LEDGER).id_of(1, 3, 1187) != TOKENS.id_of(1, 3, 1187)


def test_ids_in_order_are_in_no_order():
    ids = [TOKENS.id_of(1, 0, seq) for seq in range(1_000)]
    assert len(set(ids)) == 1_000
    rising = sum(a < b for a, b in pairwise(ids))
    assert 400 < rising < 600


def test_ids_stay_what_they_were():
    """Consumers keep them: a change to how they are made is a new name for all that happened."""
    assert TOKENS.id_of(1, 3, 1187) == "d8256c2c44fd42e4afad365760e5c893"


@given(st.binary(min_size=1, max_size=150))
def test_a_token_is_its_bytes_again(content):
    token = TOKENS.given(content)
    assert token.isascii()
    assert not token.startswith("-")
    assert TOKENS.taken(token) == content
    assert TOKENS.opened(TOKENS.sealed(content, LIST), LIST) == content


@given(st.binary(min_size=2, max_size=30), st.data())
def test_a_token_that_was_changed_is_none(content, data):
    token = TOKENS.sealed(content, LIST)
    at = data.draw(st.integers(8, len(token) - 1))
    other = data.draw(st.sampled_from("ABab01-_").filter(lambda c: c != token[at]))
    for changed in (token[:at] + other + token[at + 1 :], token[:at], token + "A", token + "="):
        with pytest.raises(NotAToken):
            TOKENS.opened(changed, LIST)


@pytest.mark.parametrize("bound_to", [[b"entries", b"6"], [b"entries5", b""], [b"entries"], []])
def test_a_token_is_good_for_what_it_is_bound_to(bound_to):
    with pytest.raises(NotAToken):
        TOKENS.opened(TOKENS.sealed(b"x", LIST), bound_to)


def test_another_ledgers_token_says_so():
    for other in (Tokens(MASTER, "00000000"), passing()):
        with pytest.raises(OfAnotherLedger):
            TOKENS.opened(other.sealed(b"x", LIST), LIST)
    same_name = Tokens(MasterKey(bytes([1]) * 32), LEDGER)
    with pytest.raises(NotAToken):
        TOKENS.opened(same_name.sealed(b"x", LIST), LIST)


@pytest.mark.parametrize("text", ["", "x", "0:1187,1:940", "4f1c09ab", "4f1c09abA", "4F1C09ABAA"])
def test_what_nobody_gave_is_none(text):
    with pytest.raises(NotAToken):
        TOKENS.taken(text)
