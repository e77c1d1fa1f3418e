"""Positions as clients send them back."""

import pytest

from headrace.runtime.events import position
from headrace.runtime.events.position import InvalidPosition


def test_a_position_is_read_back_as_it_was_written():
    at = {0: 1187, 1: 0, 2: 940}
    assert position.encode(at) == "0:1187,2:940"
    assert position.decode("0:1187,2:940", 3) == at
    assert position.decode("2:940,0:1187", 3) == at


def test_the_beginning_is_empty():
    assert position.encode({0: 0, 1: 0}) == ""
    assert position.decode("", 2) == {0: 0, 1: 0}


@pytest.mark.parametrize(
    "text",
    ["x", "0", "0:", ":1", "0:1,", ",", "0:1,0:2", "3:1", "-1:1", "0:-1", "0:1.5", "0:1:2", "00:1",
     "0:01", " 0:1", "0:\u0661", "0:" + "9" * 19, "0:1;1:2"],
)  # fmt: skip
def test_what_is_no_position_of_this_ledger_is_refused(text):
    with pytest.raises(InvalidPosition):
        position.decode(text, 3)
