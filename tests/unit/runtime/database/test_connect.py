"""How connections are set up: every wait of the server has a bound."""

from typing import Any

import asyncpg
import pytest

from headrace.runtime.database.connect import _connect, connect, pool
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
