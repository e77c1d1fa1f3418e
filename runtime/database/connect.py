"""Connections to the ledger's database, all set up alike: UTC, no JIT, every wait bounded.

What HEADRACE_DATABASE_URL leaves open is as of every PostgreSQL client: PGSSLMODE, PGPASSFILE,
~/.pgpass, ~/.postgresql. The URL of a server of our own leaves nothing open (`OF_OUR_OWN`).
"""

import configparser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from headrace.runtime.settings.ledger import LedgerSettings

Connection = asyncpg.Connection | PoolConnectionProxy
"""What a query runs on: a connection of its own, or one lent by a pool."""

Database = asyncpg.Pool | Connection
"""What can run one statement by itself."""


OF_OUR_OWN = (
    "sslmode=disable&sslnegotiation=postgres&target_session_attrs=any"
    "&krbsrvname=postgres&gsslib=gssapi"
)
"""The end of a URL with user, password, host, port and database: whatever of a connection the
environment or the user's files could otherwise say."""


class NotConnected(ConnectionError):
    """No connection to the ledger's database: why, in one line without a password."""


_CAN_GO_WRONG = (
    OSError, ValueError, KeyError, configparser.Error,
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""In connecting: on the way there, there, in what the URL, variables and files say, and where
nobody says who the user is (KeyError)."""
_SAYS_NO_SECRET = (
    OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""Others may say the part of a URL or file that they couldn't read."""


def _server_settings(application: str, limits_s: dict[str, float]) -> dict[str, str]:
    return {
        "application_name": application[:63],
        "timezone": "UTC",
        "jit": "off",  # compiling a statement costs more than our short ones do
        **{name: f"{int(seconds * 1000)}ms" for name, seconds in limits_s.items()},
    }


KEEP_ALIVE = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
"""PostgreSQL ends a connection whose client's machine has gone within 5 s (s, s, probes, ms)."""


async def connect(
    settings: LedgerSettings, application: str = "headrace", *,
    transaction_timeout_s: float = 0, keep_alive: bool = False,
) -> asyncpg.Connection:  # fmt: skip
    """One connection. PostgreSQL ends a transaction that lasts longer than the time-out; 0: never.
    With `keep_alive` it asks a silent client's machine every few seconds whether it is there.

    Raises NotConnected, an OSError.
    """
    return await _connect(
        settings.database_url,
        timeout=settings.connect_timeout_s,
        server_settings=_server_settings(
            application, {"transaction_timeout": transaction_timeout_s}
        )
        | (KEEP_ALIVE if keep_alive else {}),
    )


async def pool(
    settings: LedgerSettings, size: int | None = None, application: str = "headrace reader"
) -> asyncpg.Pool:
    """At most `size` connections for short reads and small writes, opened when needed.

    PostgreSQL ends each statement after `read_timeout_s` (asyncpg.QueryCanceledError). Raises
    NotConnected, an OSError, also when it opens one later.
    """
    return await asyncpg.create_pool(
        settings.database_url,
        connect=_connect,
        min_size=1,
        max_size=size or settings.reader_connections_max,
        timeout=settings.connect_timeout_s,
        server_settings=_server_settings(
            application,
            {
                "statement_timeout": settings.read_timeout_s,
                "idle_in_transaction_session_timeout": settings.read_timeout_s,
            },
        ),
    )


async def _connect(*url: Any, **options: Any) -> asyncpg.Connection:
    """As asyncpg's, by whose pool it is called, too."""
    try:
        return await asyncpg.connect(*url, **options)
    except _CAN_GO_WRONG as error:
        reason = _reason(error, options["timeout"])
        raise NotConnected(f"{_whereto(*url)} failed: {reason}") from error


def _whereto(url: str) -> str:
    """Names the server where the URL does; not where an @ further on means that what looks like a
    server may be part of a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or parse_qs(parts.query).get("host", [""])[-1]
        port = parts.port
    except ValueError:
        host, port = "", None
    if not host or "@" in parts.path + parts.query + parts.fragment:
        return "connecting"
    return f"connecting to {host}" + (f":{port}" if port else "")


def _reason(error: Exception, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {timeout_s:g} s"
    if isinstance(error, _SAYS_NO_SECRET):
        return "; ".join(str(error).split("\n")) or type(error).__name__
    return (
        "HEADRACE_DATABASE_URL, a PG variable or a file that one of them names can't be read"
        f" ({type(error).__name__}); in the URL, %, #, /, ?, : and @ of a password are written"
        " %25, %23, %2F, %3F, %3A and %40"
    )
