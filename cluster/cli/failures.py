"""How a command fails: a message that says what to do, and an exit code.

Failure            1  the platform refused, or a check failed
├── BadInput       2  an option, argument or file is wrong
├── Unreachable    3  no answer, or too busy for longer than we wait: run it again
├── NotAllowed     4  no key, or one that may not do this
├── NotWritten     1  standard output takes nothing; 141 where its reader went away
├── NotInOrder     5  stopped as told, but a part was gone before or had to be killed
└── Interrupted  130  Ctrl-C, SIGTERM, SIGHUP
"""

from collections.abc import Sequence
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


class NotInOrder(Failure):
    """Nothing runs and nothing is lost; PostgreSQL, if it is named, recovers at the next start."""

    exit_code = 5
    code = "not_in_order"

    def __init__(self, parts: Sequence[str], data: dict[str, Any]) -> None:
        named = ", ".join(parts)
        super().__init__(
            f"stopped, but not in order: {named} was gone or had to be killed",
            data=data | {"not_in_order": list(parts)},
        )


class NotWritten(Failure):
    """Whoever reads our output has seen enough: nothing is said of it, and the code is that of a
    program that SIGPIPE ended, 128 + 13. Anything else, such as a full disk, is said."""

    code = "not_written"

    def __init__(self, error: OSError) -> None:
        closed = isinstance(error, BrokenPipeError)
        super().__init__("" if closed else f"standard output: {error.strerror or error}")
        if closed:
            self.exit_code = 141


class Interrupted(Failure):
    exit_code = 130
    code = "interrupted"


def of_system(error: OSError) -> Failure:
    """What the system refused, in a sentence: no space, no permission, no such file."""
    reason = error.strerror or str(error) or type(error).__name__
    where = error.filename2 or error.filename  # of a rename, what was to be there
    return Failure(f"{where}: {reason}" if where else reason)
