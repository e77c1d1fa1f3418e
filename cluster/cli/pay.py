"""`headrace pay FILE`: a file of payments through the batch endpoint."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from headrace.cluster.cli.command import Outcome, api_command, say
from headrace.cluster.cli.failures import Failure, Unreachable
from headrace.cluster.cli.payfile.fileformat import DecimalSign, FileFormat

if TYPE_CHECKING:
    from headrace.cluster.cli.client import Api
    from headrace.cluster.cli.payfile.items import Mapped
    from headrace.cluster.cli.payfile.run import Run

BATCH_ITEMS_MAX = 10_000
STDIN = "-"

app = typer.Typer()


@api_command(
    app,
    "pay",
    "headrace pay orders.ndjson --out answers.ndjson",
    "headrace pay cards.parquet --map 'debtor=customer-{customer_id}' "
    "--map 'creditor=shop-{shop_id}' --map 'amount={price}' --map currency=EUR "
    "--map 'idempotency_key={transaction_id}' --map 'occurred_at={taken_at}' "
    "--open-missing 1000.00",
    "headrace pay export.csv --delimiter ';' --decimal , --encoding cp1252 --fail-on refused",
    "zstdcat big.csv.zst | headrace pay - --format csv --in-flight 1",
)
async def pay(
    api: "Api",
    file: Annotated[
        str, Argument(metavar="FILE", help="JSON array, NDJSON, CSV or Parquet; - is stdin.")
    ],
    maps: Annotated[
        list[str] | None,
        Option(
            "--map",
            metavar="FIELD=TEMPLATE",
            help="What a payment's field is made of: text and {columns}. May be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Option(dir_okay=False, help="Write a line a row, in order: .csv, otherwise NDJSON."),
    ] = None,
    open_missing: Annotated[
        str | None,
        Option(
            metavar="AMOUNT",
            help="Open accounts that don't exist, debtors with this deposit (major units, once).",
        ),
    ] = None,
    file_format: Annotated[
        FileFormat | None, Option("--format", help="Default: by the file's suffix.")
    ] = None,
    delimiter: Annotated[
        str | None,
        Option(metavar="CHAR", help="What separates a CSV's fields, or tab. Default: the comma."),
    ] = None,
    encoding: Annotated[
        str | None,
        Option(help="Of a text, as cp1252. Default: its byte order mark's, or UTF-8."),
    ] = None,
    decimal: Annotated[
        DecimalSign | None, Option(help="The decimal sign of amounts written as text.")
    ] = None,
    batch: Annotated[int, Option(min=1, max=BATCH_ITEMS_MAX, help="Payments a request.")] = 1_000,
    fail_on: Annotated[
        list[str] | None,
        Option(
            metavar="refused[,declined]",
            help="End with 1 if a row came to it: refused, declined, in_review, repeated_in_file.",
        ),
    ] = None,
    in_flight: Annotated[
        int,
        Option(min=1, max=32, help="Requests out at once. 1 keeps the file's order strictly."),
    ] = 4,
    patience: Annotated[
        float,
        Option(
            min=0, metavar="SECONDS", help="How long to go on trying while no row gets an answer."
        ),
    ] = 120.0,
) -> Outcome:
    """Pay every row of a file; run it again and nothing is paid twice.

    Fields that aren't mapped come from columns of their name: idempotency_key, debtor, creditor,
    amount, currency, and optionally capture, occurred_at, expires_in_s, reference, description,
    metadata. The ledger knows what was paid by the keys: after an interruption run the same
    command again.

    [bold]Amounts[/bold] are decimals in major units (85.65), whole numbers too. What binary
    floating point left within 1e-6 of a minor unit (85.64999999999999) is taken for it; anything
    between minor units is refused. The exception is JSON and NDJSON without --map amount: there
    they are integers of minor units, as in the API.

    In text they have a decimal point unless --decimal says otherwise; where the delimiter is not
    the comma, 1.250 is refused until it does.

    [bold]Keys, accounts, currencies and references[/bold] are text, integers or UUIDs. A whole
    number of a float column is that integer; other types are refused.

    [bold]Times[/bold] without an offset are UTC.

    [bold]Text[/bold] is UTF-8 or what its byte order mark says, packed by gzip or not. A CSV's
    delimiter is the comma, in .tsv the tab, or what a first line like sep=; says.

    The last line counts: settled + declined + in_review + authorized (held for manual capture) +
    refused + repeated_in_file (answered with the payment of an earlier row with the same key) =
    submitted. `replayed` of them had been answered before; `moved` is what the settled ones moved.

    Exit code 0: every row has its answer, declines and refusals among them; 1: none was accepted,
    or one came to what --fail-on names.
    """
    from headrace.cluster.cli.payfile.csvfile import delimiter_of
    from headrace.cluster.cli.payfile.decimalsign import decimal_point
    from headrace.cluster.cli.payfile.ending import counted, fail_on_of, finished
    from headrace.cluster.cli.payfile.items import map_rows
    from headrace.cluster.cli.payfile.opening import Opener
    from headrace.cluster.cli.payfile.progress import progress
    from headrace.cluster.cli.payfile.reading import TextForm, open_source
    from headrace.cluster.cli.payfile.results import open_results
    from headrace.cluster.cli.payfile.run import Run
    from headrace.cluster.cli.payfile.summary import Summary
    from headrace.cluster.cli.payfile.template import mapping

    failing = fail_on_of(fail_on or [])
    form = TextForm(encoding, delimiter and delimiter_of(delimiter))
    source = open_source(file, file_format, batch, form)
    as_point = decimal_point(decimal, source.delimiter)
    mapped = mapping(maps or [], source.columns)
    wanted = None if source.columns is None else mapped.columns
    api.patience_s = patience
    opener = Opener(api, open_missing) if open_missing is not None else None
    summary = Summary()
    with counted(summary):
        with open_results(out, source.identity) as results, progress(source.total) as shown:
            api.on_wait = shown.on_wait
            run = Run(api, opener, in_flight, results, shown.on_progress, summary)
            chunks = (map_rows(chunk, mapped, as_point) for chunk in source.chunks(wanted))
            await play_until_stopped(run, chunks, countable=file != STDIN)
        return finished(summary, run.stopping.is_set(), failing)


async def play_until_stopped(run: "Run", chunks: Iterator["Mapped"], countable: bool) -> None:
    """Plays; the first Ctrl-C (or SIGTERM) lets what is out come home, the second doesn't.

    Of a `countable` file a failure also counts the rows that it kept from being sent.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def stop() -> None:
        if run.stopping.is_set() and task is not None:
            task.cancel()
        say("stopping: waiting for the payments that are out (again: at once)")
        run.stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await run.play(chunks)
    except Failure as failure:
        if isinstance(failure, Unreachable):
            if countable:
                with suppress(Failure):  # a row that can't be read is told when it is its turn
                    await run.count_rest(chunks)
            failure.message += f"; {unanswered(run)}"
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def unanswered(run: "Run") -> str:
    """What to do about the rows that have no answer."""
    return (
        f"{run.summary.unanswered:,} rows have no answer: run it again, and with the same keys"
        " nothing is paid twice"
    )
