"""`headrace subject`: whose personal text the ledger keeps, sealed under a key of theirs."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from headrace.cluster.cli.command import Outcome, group, plain_command, run
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import BadInput, Unreachable
from headrace.cluster.cli.printable import printable

app = group("Subjects of personal text: the accounts whose descriptions and metadata are kept.")


@plain_command(
    app,
    "forget",
    "headrace subject forget customer-17 --tenant shop",
    "headrace subject forget customer-17 --tenant shop --yes --json",
)
def forget_subject(
    account: Annotated[str, Argument(metavar="ACCOUNT", help="The tenant's id of it.")],
    tenant: Annotated[str, Option("--tenant", metavar="NAME", help="Whose account it is.")],
    yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False,
    data_dir: DataDirOption = DATA_DIR,
    as_json: JsonOption = False,
) -> None:
    """Destroy the keys of an account's personal text, for good.

    Descriptions and metadata of what it paid, deposited and withdrew can't be read any more, by
    nobody; payments, amounts, ids, balances and answers to known keys stay as they are. What it
    pays from now on has a new key, some seconds later at the latest (what is sent along until then
    is forgotten too). Copies of the database made before still have the old key: they are to be
    destroyed as well.
    """
    if not (yes or as_json):
        question = f"Forget all personal text of {tenant}'s account {account}, for good?"
        typer.confirm(printable(question), abort=True)
    run(lambda: _forget(data_dir, tenant, account, sure=yes or not as_json), as_json)


async def _forget(data_dir: Path, tenant: str, account: str, *, sure: bool) -> Outcome:
    if not sure:
        raise BadInput("it is for good: say --yes with --json")
    from asyncpg import PostgresError

    from headrace.cluster.cli.database import ledger_settings
    from headrace.runtime.database.connect import connect
    from headrace.runtime.keys import subject_keys

    async with ledger_settings(data_dir) as settings:
        try:
            connection = await connect(settings.ledger, "headrace subject")
            try:
                subject = await subject_keys.subject_of(connection, tenant, account)
                if subject is None:
                    raise BadInput(f"{tenant} has no account {account}")
                destroyed = await subject_keys.destroy(connection, [subject])
            finally:
                await connection.close()
        except (OSError, PostgresError) as error:
            raise Unreachable(f"the ledger's database: {error}") from error
    words = "its personal text is forgotten" if destroyed else "there was no personal text of it"
    return Outcome({"account": account, "keys_destroyed": destroyed}, lambda: words, changed=True)
