"""The ledger's database itself, for commands that read it without the API."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.on_this_machine import failures
from headrace.cluster.local.lock import AlreadyRunning
from headrace.cluster.local.master_key import with_master_key
from headrace.cluster.local.postgres import Postgres, tcp_url
from headrace.runtime.settings import Settings, SettingsError, load


@asynccontextmanager
async def ledger_settings(data_dir: Path) -> AsyncIterator[Settings]:
    """Settings with a database URL: HEADRACE_DATABASE_URL, else the data directory's PostgreSQL,
    which is started for as long as this lasts unless a platform runs there."""
    try:
        settings = load()
    except SettingsError as error:
        raise BadInput(str(error)) from error
    settings = with_master_key(settings, data_dir)
    if settings.ledger.database_url:
        yield settings
        return
    with failures():
        is_there = (data_dir / "postgres.password").exists()
    if not is_there:
        raise BadInput(
            f"no ledger in {data_dir}: start a platform there with `headrace up`, "
            "or give HEADRACE_DATABASE_URL"
        )
    postgres, url = Postgres(data_dir), ""
    with failures(), contextlib.suppress(AlreadyRunning):
        url = await postgres.start()
    if not url:
        yield settings.replace(database_url=_url_of_running(data_dir))
        return
    try:
        yield settings.replace(database_url=url)
    finally:
        await postgres.stop()


def settings_of_running(data_dir: Path) -> Settings:
    """Of the platform that runs there; starts nothing, and BadInput when they can't be known."""
    try:
        settings = load()
        if settings.ledger.database_url:
            return settings
        return settings.replace(database_url=_url_of_running(data_dir))
    except (ValueError, OSError) as error:
        raise BadInput(str(error)) from error


def _url_of_running(data_dir: Path) -> str:
    with failures():
        password = (data_dir / "postgres.password").read_text().strip()
        port = (data_dir / "postgres.port").read_text().strip()
    if not port.isdecimal():
        raise BadInput(f"{data_dir / 'postgres.port'} holds no port")
    return tcp_url(password, int(port))
