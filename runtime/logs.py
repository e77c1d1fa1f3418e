"""Logs as JSON, one object a line on stderr. What looks like a secret is not written."""

import re
import sys
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from headrace.runtime.json_lines import on_a_line

_API_KEY = re.compile(r"hr_[A-Za-z0-9_-]{43}")
_PASSWORD = re.compile(r"(://[^:/@\s]+:)[^@/\s]+(?=@)")
_SECRET_FIELDS = frozenset({"authorization", "api_key", "token", "password", "secret"})
HIDDEN = "***"


class _NamedLogger(structlog.BytesLogger):
    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file)
        self.name = name


def configure(level: str, process: str, file: BinaryIO | None = None) -> None:
    """For this process and all its loggers; `process` is told in each line."""
    out = file or sys.stderr.buffer

    def named(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event["logger"] = getattr(logger, "name", "")
        event["process"] = process
        return event

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            named,
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=lambda *names: _NamedLogger(out, str(names[0]) if names else ""),
        cache_logger_on_first_use=True,
    )


def _serialize(event: EventDict, **_: Any) -> bytes:
    return on_a_line(orjson.dumps(event, default=repr))


def _without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {
        name: HIDDEN if name.lower() in _SECRET_FIELDS else _hidden(value)
        for name, value in event.items()
    }


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return _PASSWORD.sub(rf"\g<1>{HIDDEN}", _API_KEY.sub(HIDDEN, value))
    return value
