"""A row of the table of problems."""

from typing import NamedTuple


class ProblemType(NamedTuple):
    """`meaning` says what happened, `remedy` what the caller can do about it."""

    status: int
    title: str
    meaning: str
    remedy: str
