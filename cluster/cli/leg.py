"""`headrace leg`: money under way that its counterpart failed on again and again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from headrace.cluster.cli.command import Outcome, group, listing, plain_command, run
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import BadInput, Unreachable
from headrace.runtime.journal.account_numbers import PARTITIONS_MAX

if TYPE_CHECKING:
    from headrace.runtime.database.connect import Connection

app = group("Parked legs: money under way that is not sent until it is released.")


@plain_command(app, "list", "headrace leg list", "headrace leg list --json | jq .items")
def list_legs(data_dir: DataDirOption = DATA_DIR, as_json: JsonOption = False) -> None:
    """List parked legs, the oldest first."""

    async def show() -> Outcome:
        from msgspec import to_builtins

        from headrace.runtime.ledger import parked_legs

        async with _ledger(data_dir) as connection:
            page = {"items": to_builtins(await parked_legs.everyone(connection))}
        if not page["items"]:
            return Outcome(page, lambda: "no leg is parked")
        return listing(
            page, "id", "tenant", "payment", "leg", "amount", "failures", "parked_at",
            "error",
        )  # fmt: skip

    run(show, as_json)


@plain_command(app, "release", "headrace leg release 3:4711", "headrace leg release --all")
def release_legs(
    leg: Annotated[
        str | None, Argument(metavar="PARTITION:SEQ", help="As `headrace leg list` shows it.")
    ] = None,
    every: Annotated[bool, Option("--all", help="All that are parked.")] = False,
    data_dir: DataDirOption = DATA_DIR,
    as_json: JsonOption = False,
) -> None:
    """Let a parked leg be sent again. Exit code 1 when it is not parked."""

    async def free() -> Outcome:
        from headrace.runtime.ledger import parked_legs

        if (leg is None) != every:
            raise BadInput("give either PARTITION:SEQ or --all")
        wanted = None if leg is None else _leg_id(leg)
        async with _ledger(data_dir) as connection:
            freed_legs = await parked_legs.release(connection, wanted)
            freed = [f"{partition}:{seq}" for partition, seq in freed_legs]
        words = f"released {', '.join(freed)}" if freed else f"{leg or 'no leg'} is not parked"
        if every and not freed:
            words = "no leg is parked"
        return Outcome(
            {"released": freed}, lambda: words, int(not freed and not every), bool(freed)
        )

    run(free, as_json)


def _leg_id(text: str) -> tuple[int, int]:
    partition, _, seq = text.partition(":")
    if not (partition.isdecimal() and seq.isdecimal()):
        raise BadInput(f"{text!r} is not PARTITION:SEQ, such as 3:4711")
    if int(partition) >= PARTITIONS_MAX or int(seq) >= 2**63:
        raise BadInput(
            f"{text!r}: a partition is at most {PARTITIONS_MAX - 1} and a sequence number below"
            " 2^63"
        )
    return int(partition), int(seq)


@asynccontextmanager
async def _ledger(data_dir: Path) -> "AsyncIterator[Connection]":
    from asyncpg import PostgresError

    from headrace.cluster.cli.database import ledger_settings
    from headrace.runtime.database.connect import connect

    async with ledger_settings(data_dir) as settings:
        try:
            connection = await connect(settings.ledger, "headrace leg")
            try:
                yield connection
            finally:
                await connection.close()
        except (OSError, PostgresError) as error:
            raise Unreachable(f"the ledger's database: {error}") from error
