"""Positions of streams: short, opaque, good for their tenant and their ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledger_tokens import MASTER, TOKENS

from headrace.runtime.events import position
from headrace.runtime.events.position import InvalidPosition, OtherHistory, Place
from headrace.runtime.keys.tokens import Tokens

places = st.builds(
    Place, st.integers(0, 4095), st.integers(0, 2**48 - 1), st.integers(0, 2**32 - 1)
)


@given(st.none() | st.integers(1, 2**31 - 1), st.integers(0, 2**63 - 1), st.none() | places)
def test_a_position_is_read_as_it_was_given(tenant, checkpoint, place):
    token = position.encode(TOKENS, tenant, checkpoint, place)
    assert len(token) == 43
    assert position.decode(TOKENS, tenant, token) == (checkpoint, place)


@pytest.mark.parametrize("place", [None, Place(3, 1187, 7)])
@pytest.mark.parametrize("tenant", [6, None])
def test_another_tenants_position_is_refused(place, tenant):
    token = position.encode(TOKENS, 5, 1, place)
    with pytest.raises(InvalidPosition):
        position.decode(TOKENS, tenant, token)


def test_another_ledgers_position_is_told_apart():
    with pytest.raises(OtherHistory):
        position.decode(TOKENS, 5, position.encode(Tokens(MASTER, "00000000"), 5, 1, None))


@given(st.data())
def test_a_position_that_was_changed_is_refused(data):
    token = position.encode(TOKENS, 5, 2**40, Place(3, 1187, 7))
    at = data.draw(st.integers(20, len(token) - 1))
    other = data.draw(st.sampled_from("ABab01-_").filter(lambda c: c != token[at]))
    with pytest.raises(InvalidPosition):
        position.decode(TOKENS, 5, token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize(
    "text", ["x", "0:1187,1:940", "4f1c09ab", "4f1c09abAA", "4f1c09ab" + "A" * 32, "é", "\x00"]
)
def test_what_is_no_position_is_refused(text):
    with pytest.raises(InvalidPosition):
        position.decode(TOKENS, 5, text)


def test_a_record_is_known_by_its_time_alone():
    assert position.mark(7) == position.mark(2**32 + 7) != position.mark(8)
