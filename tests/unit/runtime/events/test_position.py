"""Positions of streams: short, opaque, good for their tenant and their ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledger_tokens import MASTER, TOKENS

from headrace.runtime.events import position
from headrace.runtime.events.position import REFS_MAX, InvalidPosition, OtherHistory, RecordRef
from headrace.runtime.keys.tokens import Tokens

refs = st.builds(
    RecordRef, st.integers(0, 4095), st.integers(0, 2**48 - 1), st.integers(0, 2**32 - 1)
)


several = st.lists(refs, max_size=REFS_MAX, unique_by=lambda ref: ref.partition)


@given(st.none() | st.integers(1, 2**31 - 1), st.integers(0, 2**63 - 1), several)
def test_a_position_is_read_as_it_was_given(tenant, checkpoint, named):
    token = position.encode(TOKENS, tenant, checkpoint, named)
    assert len(token) == 43 if len(named) < 2 else len(token) < 110
    assert position.decode(TOKENS, tenant, token) == (checkpoint, named)


@pytest.mark.parametrize("named", [(), (RecordRef(3, 1187, 7),)])
@pytest.mark.parametrize("tenant", [6, None])
def test_another_tenants_position_is_refused(named, tenant):
    token = position.encode(TOKENS, 5, 1, named)
    with pytest.raises(InvalidPosition):
        position.decode(TOKENS, tenant, token)


@pytest.mark.parametrize(
    "named",
    [
        [RecordRef(n, 1, 7) for n in range(REFS_MAX + 1)],
        [RecordRef(3, 1, 7), RecordRef(3, 2, 7)],
        [RecordRef(3, 1, 7), RecordRef(0xFFFF, 0, 0)],
        [RecordRef(4096, 1, 7)],
    ],
)
def test_what_no_stream_gives_is_refused(named):
    with pytest.raises(InvalidPosition):
        position.decode(TOKENS, 5, position.encode(TOKENS, 5, 1, named))


def test_another_ledgers_position_is_told_apart():
    with pytest.raises(OtherHistory):
        position.decode(TOKENS, 5, position.encode(Tokens(MASTER, "00000000"), 5, 1, ()))


@given(st.data())
def test_a_position_that_was_changed_is_refused(data):
    token = position.encode(TOKENS, 5, 2**40, [RecordRef(3, 1187, 7)])
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
