"""How a command fails: a message that says what to do, and an exit code.

Failure            1  the platform refused, or a check failed
├── BadInput       2  an option, argument or file is wrong
├── Unreachable    3  no answer, or too busy for longer than we wait: run it again
├── NotAllowed     4  no key, or one that may not do this
└── Interrupted  130  Ctrl-C
"""

from typing import Any


class Failure(Exception):
    """`--json` prints `data` with `problem`, an RFC 9457 problem or the like, under `error`."""

    exit_code = 1

    code = "failed"

    def __init__(
        self,
        message: str,
        problem: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, problem, data)
        self.message = message
        self.problem = problem or {"code": type(self).code, "detail": message}
        self.data = data or {}

    def __str__(self) -> str:
        return self.message


class BadInput(Failure):
    exit_code = 2
    code = "bad_input"


class Unreachable(Failure):
    exit_code = 3
    code = "unreachable"


class NotAllowed(Failure):
    exit_code = 4
    code = "not_allowed"


class Interrupted(Failure):
    exit_code = 130
    code = "interrupted"
