"""What `headrace verify` shows while its checks run."""

from io import StringIO

import pytest
from rich.console import Console

from headrace.cluster.cli.verify import MARKS, Shown
from headrace.runtime.verify import Check


def shown_on(console: Console) -> str:
    with Shown(console, 3) as shown:
        shown.begun("balances_follow")
        shown.begun("legs_end_in_time")
        shown.begun("keys_are_used_once")
        shown.ended(Check("legs_end_in_time", "warning", "2 open legs", "1 to look at, first 0:7"))
        shown.ended(Check("keys_are_used_once", "pass", "9 keys [all]"))
        shown.ended(Check("balances_follow", "fail", "4 balances", "1 wrong, first 0:3"))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_each_check_is_a_line_with_its_figure_and_what_is_wrong():
    told = shown_on(Console(file=StringIO(), width=120, highlight=False))
    assert [line.split() for line in told.splitlines()] == [
        [
            "look",
            "legs",
            "end",
            "in",
            "time",
            "2",
            "open",
            "legs;",
            "1",
            "to",
            "look",
            "at,",
            "first",
            "0:7",
        ],
        ["pass", "keys", "are", "used", "once", "9", "keys", "[all]"],
        ["FAIL", "balances", "follow", "4", "balances;", "1", "wrong,", "first", "0:3"],
    ]


def test_on_a_terminal_the_checks_under_way_and_their_number_are_shown():
    told = shown_on(Console(file=StringIO(), width=120, force_terminal=True, highlight=False))
    assert "0 of 3" in told or "1 of 3" in told
    assert "balances follow" in told


@pytest.mark.parametrize("result", ["pass", "warning", "fail"])
def test_every_result_has_its_mark(result):
    assert MARKS[result]
