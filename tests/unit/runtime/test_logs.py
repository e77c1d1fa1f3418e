import io
from collections.abc import Iterator

import orjson
import pytest
import structlog

from headrace.runtime import logs


@pytest.fixture
def out() -> Iterator[io.BytesIO]:
    before = structlog.get_config()
    file = io.BytesIO()
    logs.configure("INFO", "gateway", file)
    yield file
    structlog.configure(**before)


def lines(out: io.BytesIO) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_and_says_who_when_and_what(out: io.BytesIO) -> None:
    structlog.get_logger("headrace.partition").warning("deposed", actor="p-0", trace="ab", odd={1})
    (line,) = lines(out)
    assert line["event"] == "deposed"
    assert (line["level"], line["logger"], line["process"]) == (
        "warning", "headrace.partition", "gateway",
    )  # fmt: skip
    assert (line["actor"], line["trace"], line["odd"]) == ("p-0", "ab", "{1}")
    assert str(line["at"]).endswith("Z")


def test_what_is_below_the_level_is_not_written(out: io.BytesIO) -> None:
    structlog.get_logger().debug("detail")
    assert lines(out) == []


def test_secrets_are_not_written(out: io.BytesIO) -> None:
    key = "hr_" + "a" * 43
    log = structlog.get_logger()
    log.info(
        "asked", authorization=key, url="postgresql://headrace:s3cret@db/x", said=f"with {key}"
    )
    try:
        raise ValueError(key)
    except ValueError:
        log.exception("failed")
    text = out.getvalue().decode()
    assert key not in text
    assert "s3cret" not in text
    assert "ValueError" in text
    assert "postgresql://headrace:***@db/x" in text
