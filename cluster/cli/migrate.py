"""`headrace migrate`: a database made ready for this version; `headrace up` does it by itself."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from headrace.cluster.cli.command import Outcome, plain_command, run
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import Failure, Unreachable
from headrace.cluster.cli.output import Json

app = typer.Typer()


@plain_command(
    app,
    "migrate",
    "HEADRACE_DATABASE_URL=postgresql://headrace@db/headrace headrace migrate",
    "headrace migrate --operator-key --json | jq -r .operator_key",
)
def migrate_command(
    operator_key: Annotated[
        bool, Option("--operator-key", help="Also make an operator's key and print it, once.")
    ] = False,
    data_dir: DataDirOption = DATA_DIR,
    as_json: JsonOption = False,
) -> None:
    """Bring the ledger's schema to this version, forward only.

    `headrace up` does it by itself; on a cluster run it before the first start and with each new
    version.
    """
    run(lambda: migrate_ledger(data_dir, operator_key), as_json)


async def migrate_ledger(data_dir: Path, operator_key: bool) -> Outcome:
    """Applied files, and the key if one was asked for."""
    from asyncpg import PostgresError

    from headrace.cluster.cli.database import ledger_settings
    from headrace.cluster.local.master_key import check
    from headrace.runtime.areas import AREAS
    from headrace.runtime.database.area import MigrationError
    from headrace.runtime.database.connect import pool
    from headrace.runtime.database.migrate import migrate
    from headrace.runtime.identity.keys import Role, create
    from headrace.runtime.keys.master_key import MasterKeyError

    async with ledger_settings(data_dir) as settings:
        try:
            told: Json = {
                "applied": await migrate(settings.ledger, AREAS, settings.cell.partitions),
                "partitions": settings.cell.partitions,
            }
            await check(settings)
            if operator_key:
                async with await pool(settings.ledger, 1, "headrace migrate") as connections:
                    made = await create(connections, None, Role.OPERATOR, label="headrace migrate")
                told["operator_key"] = made.api_key
        except (MigrationError, MasterKeyError) as error:
            raise Failure(str(error)) from error
        except (OSError, PostgresError) as error:
            raise Unreachable(f"the ledger's database: {error}") from error
    return Outcome(told, changed=True)
