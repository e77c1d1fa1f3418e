"""How `headrace pay` ends: with what became of the rows, whatever ended it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from headrace.cluster.cli.failures import (
    BadInput,
    Failure,
    Interrupted,
    Unreachable,
    of_system,
)
from headrace.cluster.cli.output import Outcome
from headrace.cluster.cli.payfile.summary import Summary
from headrace.cluster.cli.streams import say

FAILED = 1
FAIL_ON = ("refused", "declined", "in_review", "repeated_in_file")
"""Counts that `--fail-on` may name."""


def fail_on_of(options: Sequence[str]) -> list[str]:
    """The counts of `--fail-on refused,declined`, given once or several times."""
    names = [name.strip() for option in options for name in option.split(",")]
    for name in names:
        if name not in FAIL_ON:
            raise BadInput(f"--fail-on {name!r}: one of {', '.join(FAIL_ON)}")
    return names


@contextmanager
def counted(summary: Summary) -> Iterator[None]:
    """A failure tells what became of the rows before it."""
    try:
        yield
    except (Failure, OSError) as error:
        failure = of_system(error) if isinstance(error, OSError) else error
        if told := summary.sentence():
            failure.message += f"; so far {told}"
        if summary.submitted or summary.unanswered:
            failure.data = summary.as_json()
        if failure is error:
            raise
        raise failure from error


def finished(summary: Summary, stopped: bool, fail_on: Sequence[str]) -> Outcome:
    """The summary. Interrupted or Unreachable when a row still lacks its final answer; exit code 1
    when nothing was accepted, or a count that the user named is not zero."""
    data = summary.as_json()
    if stopped:
        raise Interrupted("stopped; run it again to pay the rest")
    if not summary.complete:
        raise Unreachable(f"{summary.in_flight} payments are still on their way: run it again")
    named = [f"{data[name]:,} {name}" for name in fail_on if data[name]]
    if summary.submitted and not summary.accepted:
        say(f"headrace: nothing was accepted: {summary.sentence()}")
    elif named:
        say(f"headrace: {', '.join(named)}")
    else:
        return Outcome(data)
    return Outcome(data, exit_code=FAILED)
