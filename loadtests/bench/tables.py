"""A bench's figures for people."""

from pathlib import Path

from rich.table import Table
from rich.text import Text

from headrace.loadtests.bench.run import Results
from headrace.loadtests.bench.targets import verdicts

_STYLES = {"aim": "green", "must": "yellow", "missed": "red bold"}


def scenarios(results: Results) -> Table:
    """A line a scenario. `others`: how much of the machine's CPU went to what wasn't measured."""
    table = Table(title="Payments over HTTP", title_justify="left")
    table.add_column("scenario")
    for name in ("payments/s", "by round", "p50 ms", "p99 ms", "CPU us", "generator us", "others"):
        table.add_column(name, justify="right")
    for name, row in results.rows.items():
        spread = f"{row.slowest_rps:,.0f} to {row.fastest_rps:,.0f}"
        others = "" if row.others_share is None else f"{row.others_share:.0%}"
        cpu = "" if row.cpu_us is None else f"{row.cpu_us:,.0f}"
        table.add_row(
            name, f"{row.rps:,.0f}", spread, f"{row.p50_ms:,.1f}", f"{row.p99_ms:,.1f}", cpu,
            f"{row.generator_cpu_us:,.1f}", others,
        )  # fmt: skip
    for name, load in (("idle", results.idle), ("third of peak", results.third_of_peak)):
        p50, p99 = load.percentile_ms(0.5), load.percentile_ms(0.99)
        rate = f"{len(load.latencies_s) / load.seconds:,.0f}"
        table.add_row(name, rate, "paced", f"{p50:,.1f}", f"{p99:,.1f}")
    return table


def targets(results: Results) -> Table:
    """What was asked for, and what came of it."""
    table = Table(title="Targets", title_justify="left")
    table.add_column("measure")
    for name in ("must", "aim", "measured"):
        table.add_column(name, justify="right")
    table.add_column("met")
    for target, measured, met in verdicts(results.json):
        sign = ">=" if target.at_least else "<="
        table.add_row(
            target.measure, f"{sign} {target.must:,g} {target.unit}", f"{sign} {target.aim:,g}",
            f"{measured:,g} {target.unit}", Text(met, _STYLES[met]),
        )  # fmt: skip
    return table


def markdown(table: Table) -> str:
    """The same table, for a document."""
    columns = [
        [str(c.header), "---:" if c.justify == "right" else "---"]
        + [str(cell).strip() for cell in c.cells]
        for c in table.columns
    ]
    lines = ("| " + " | ".join(row) + " |\n" for row in zip(*columns, strict=True))
    return f"### {table.title}\n" + "".join(lines)


def write(results: Results, folder: Path) -> Path:
    """All tables as Markdown; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "figures.md"
    path.write_text("\n".join(markdown(table(results)) for table in (scenarios, targets)))
    return path
