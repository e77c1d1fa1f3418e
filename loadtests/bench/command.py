"""`headrace bench`: the load on a platform that runs already."""

import asyncio
from typing import Annotated

import typer
from typer import Option

from headrace.cluster.cli.command import Outcome, plain_command, run, say
from headrace.cluster.cli.credentials import (
    DATA_DIR,
    ApiKeyOption,
    DataDirOption,
    JsonOption,
    UrlOption,
    resolve,
)
from headrace.cluster.cli.failures import BadInput, Failure
from headrace.loadtests.bench.scenarios import BATCH_CONNECTIONS, SINGLE_CONNECTIONS

app = typer.Typer()


@plain_command(
    app,
    "bench",
    "headrace bench --seconds 5",
    "headrace bench --url https://payments.example --api-key hr_... --json | jq .single.rps",
)
def bench(
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
    data_dir: DataDirOption = DATA_DIR,
    seconds: Annotated[float, Option(min=0.5, help="Of each scenario in a round.")] = 12,
    rounds: Annotated[int, Option(min=1, help="Each has all scenarios.")] = 2,
    single_connections: Annotated[
        int, Option(min=1, help="That send one payment a request.")
    ] = SINGLE_CONNECTIONS,
    batch_connections: Annotated[
        int, Option(min=1, help="That send 1,000 payments a request.")
    ] = BATCH_CONNECTIONS,
    as_json: JsonOption = False,
) -> None:
    """Measure a running platform: payments one by one and in batches, many merchants and one.

    It opens 2,500 accounts (bench-customer-0 and on) and makes real payments between them, as many
    as the platform takes: the key must be an administrator's of a tenant kept for that. What only
    `make bench` knows, such as CPU and the rival's rate, is left out.
    """

    async def measured() -> Outcome:
        from httpx import HTTPError
        from rich.console import Console, Group

        from headrace.loadtests.bench import tables
        from headrace.loadtests.bench.bench_platform import RunningPlatform
        from headrace.loadtests.bench.run import Bench, Plan
        from headrace.loadtests.load.address import Address
        from headrace.loadtests.platform_under_load import RunError

        base, key = resolve(url, api_key, data_dir)
        plan = Plan(seconds, rounds, seconds, single_connections, batch_connections)
        try:
            address = Address.of_url(base, key)
        except ValueError as error:
            raise BadInput(str(error)) from error
        try:
            results = await Bench(plan, say).of_running(RunningPlatform(address))
        except (RunError, HTTPError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Failure(f"{base}: {error or type(error).__name__}") from error
        shown = Group(tables.scenarios(results), tables.targets(results))
        if as_json:
            Console(stderr=True).print(shown)
        return Outcome(results.json, lambda: shown)

    run(measured, as_json)
