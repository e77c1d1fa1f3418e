"""How connections are set up: every wait of the server has a bound."""

import configparser
from typing import Any

import asyncpg
import pytest

from headrace.runtime.database.connect import NotConnected, _connect, connect, pool
from headrace.runtime.settings import Settings

SETTINGS = Settings(
    database_url="postgresql://x", connect_timeout_s=3, read_timeout_s=2.5, reader_connections_max=4
)
ALWAYS = {"timezone": "UTC", "jit": "off"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What asyncpg is asked for; it answers with a word."""
    asked: list[tuple[str, dict[str, Any]]] = []

    async def make(url: str, **options: Any) -> str:
        asked.append((url, options))
        return "made"

    monkeypatch.setattr(asyncpg, "connect", make)
    monkeypatch.setattr(asyncpg, "create_pool", make)
    return asked


async def test_a_connection_waits_and_lasts_no_longer_than_it_says(asked: Any) -> None:
    assert await connect(SETTINGS.ledger, "me") == "made"
    assert (
        await connect(SETTINGS.ledger, "x" * 70, transaction_timeout_s=1.5, keep_alive=True)
        == "made"
    )
    plain = {"application_name": "me", "transaction_timeout": "0ms", **ALWAYS}
    kept = {
        "application_name": "x" * 63, "transaction_timeout": "1500ms", **ALWAYS,
        "tcp_keepalives_idle": "2", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",
        "tcp_user_timeout": "5000",
    }  # fmt: skip
    assert asked == [
        ("postgresql://x", {"timeout": 3, "server_settings": plain}),
        ("postgresql://x", {"timeout": 3, "server_settings": kept}),
    ]


async def test_a_pool_for_readers_ends_what_takes_too_long(asked: Any) -> None:
    assert await pool(SETTINGS.ledger) == "made"
    assert await pool(SETTINGS.ledger, 9, "gateway") == "made"
    limits = {
        "statement_timeout": "2500ms", "idle_in_transaction_session_timeout": "2500ms", **ALWAYS,
    }  # fmt: skip
    assert asked == [
        ("postgresql://x", {
            "connect": _connect, "min_size": 1, "max_size": size, "timeout": 3,
            "server_settings": {"application_name": name, **limits},
        })
        for name, size in (("headrace reader", 4), ("gateway", 9))
    ]  # fmt: skip


# What can't be reached

AT_HOME = "postgresql://u:secret@db.example:6000/headrace"


@pytest.mark.parametrize(
    ("url", "whereto"),
    [
        (AT_HOME, "connecting to db.example:6000"),
        ("postgresql://u:secret@db.example/headrace", "connecting to db.example"),
        ("postgresql://u:secret@/headrace?host=/run/pg", "connecting to /run/pg"),
        ("postgresql://u:secret@/headrace?host=one&host=two", "connecting to two"),
        ("postgresql://u:secret@/headrace", "connecting"),
        ("postgresql://u:sec/ret@db.example/headrace", "connecting"),
        ("postgresql://u:sec?ret@db.example/headrace", "connecting"),
        ("postgresql://u:sec#ret@db.example/headrace", "connecting"),
        ("postgresql://u:secret@db.example:none/headrace", "connecting"),
        ("", "connecting"),
    ],
)
@pytest.mark.parametrize("way", [connect, pool])
async def test_where_nobody_answers_is_told_by_name_but_never_by_part_of_a_password(
    monkeypatch: pytest.MonkeyPatch, url: str, whereto: str, way: Any
) -> None:
    async def away(*url: str, **options: Any) -> None:
        raise OSError("gone")

    async def at_once(*url: str, connect: Any, **options: Any) -> None:
        await connect(*url, timeout=options["timeout"])

    monkeypatch.setattr(asyncpg, "connect", away)
    monkeypatch.setattr(asyncpg, "create_pool", at_once)
    with pytest.raises(NotConnected) as told:
        await way(SETTINGS.replace(database_url=url).ledger)
    assert str(told.value) == f"{whereto} failed: gone"
    assert isinstance(told.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "no answer in 3 s"),
        (OSError("one\ntwo"), "one; two"),
        (OSError(), "OSError"),
        (asyncpg.InvalidPasswordError("not so"), "not so"),
        (asyncpg.InterfaceError("closed"), "closed"),
        (asyncpg.InternalClientError("odd"), "odd"),
        (ValueError("secret"), None),
        (KeyError("secret"), None),
        (configparser.Error("secret"), None),
    ],
)
async def test_why_nobody_answers_is_told_unless_it_may_hold_a_secret(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str | None
) -> None:
    async def away(*url: str, **options: Any) -> None:
        raise error

    monkeypatch.setattr(asyncpg, "connect", away)
    with pytest.raises(NotConnected) as told:
        await connect(SETTINGS.replace(database_url=AT_HOME).ledger)
    said = str(told.value).removeprefix("connecting to db.example:6000 failed: ")
    if reason is None:
        assert "secret" not in said
        assert said.startswith("HEADRACE_DATABASE_URL, a PG variable or a file")
        assert f"({type(error).__name__})" in said
    else:
        assert said == reason


async def test_a_defect_of_ours_is_no_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(*url: str, **options: Any) -> None:
        raise TypeError("ours")

    monkeypatch.setattr(asyncpg, "connect", wrong)
    with pytest.raises(TypeError, match="ours"):
        await connect(SETTINGS.ledger)
