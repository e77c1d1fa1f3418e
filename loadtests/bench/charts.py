"""A bench as two pictures: throughput.png and latency.png."""

from collections.abc import Callable, Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from headrace.loadtests.bench.figures import Row

PANELS = {
    "one payment a request": (
        ("no-op, by way of Serve", "noop"),
        ("no-op, before Serve", "noop_early"),
        ("single", "single"),
        ("single", "baseline.single"),
        ("single, at once", "expert.single"),
        ("single, hot", "single_hot"),
        ("single, hot", "baseline.single_hot"),
    ),
    "1,000 payments a request": (
        ("batch", "batch"),
        ("loop", "baseline.loop"),
        ("bulk", "baseline.bulk"),
        ("bulk, optimistic", "expert.bulk"),
        ("batch, hot", "batch_hot"),
        ("bulk, hot", "baseline.bulk_hot"),
    ),
}
"""Labels and scenarios, top to bottom."""
SUBJECTS = {
    "Headrace": "#1f6feb", "baseline": "#e08a1e", "expert": "#f2c078", "no-op": "#a0a8b4"
}  # fmt: skip
INK, FAINT = "#24292f", "#d8dee4"
WIDTH_INCHES, HEIGHT_INCHES = 11.0, 4.8
HEADROOM = 1.28
"""Of an axis beyond its largest value, for that value's label."""

Rows = list[tuple[str, str, Row]]
"""Label, colour and figures of a scenario."""


def draw(measured: Mapping[str, Row], folder: Path) -> list[Path]:
    """Writes the pictures; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "throughput": _figure("Durable payments a second", measured, _bars, ()),
        "latency": _figure(
            "From request to durable answer, milliseconds",
            measured,
            _spans,
            (_p50(0, 0, INK), _p99(0, 0, INK)),
        ),
    }
    paths = []
    for name, figure in drawn.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=150, facecolor="white")
        paths.append(path)
    return paths


def _figure(
    title: str,
    measured: Mapping[str, Row],
    plot: Callable[[Axes, Rows], None],
    marks: tuple[Line2D, ...],
) -> Figure:
    figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold", color=INK)
    panels = figure.subplots(1, len(PANELS))
    for axes, (name, scenarios) in zip(panels, PANELS.items(), strict=True):
        shown = [(label, _colour(s), measured[s]) for label, s in scenarios if s in measured]
        _frame(axes, name, [label for label, _, _ in shown])
        plot(axes, shown)
    patches = [Patch(color=colour, label=subject) for subject, colour in SUBJECTS.items()]
    figure.legend(
        handles=[*patches, *marks], loc="outside lower left", ncols=6, frameon=False, fontsize=9
    )
    return figure


def _colour(scenario: str) -> str:
    subject = {"noop": "no-op", "noop_early": "no-op"}.get(scenario, scenario.partition(".")[0])
    return SUBJECTS.get(subject, SUBJECTS["Headrace"])


def _frame(axes: Axes, name: str, labels: list[str]) -> None:
    axes.set_title(name, loc="left", fontsize=10, color=INK)
    axes.set_yticks(range(len(labels)), labels)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _bars(axes: Axes, shown: Rows) -> None:
    for place, (_, colour, row) in enumerate(shown):
        axes.barh(place, row.rps, color=colour, height=0.65)
        _label(axes, f"{row.rps:,.0f}", row.rps, place)
    _limits(axes, len(shown), max((row.rps for _, _, row in shown), default=1))


def _spans(axes: Axes, shown: Rows) -> None:
    for place, (_, colour, row) in enumerate(shown):
        axes.plot([row.p50_ms, row.p99_ms], [place, place], color=colour, linewidth=3, zorder=2)
        axes.add_line(_p50(row.p50_ms, place, colour))
        axes.add_line(_p99(row.p99_ms, place, colour))
        _label(axes, f"{row.p50_ms:,.0f} / {row.p99_ms:,.0f}", row.p99_ms, place)
    _limits(axes, len(shown), max((row.p99_ms for _, _, row in shown), default=1))


def _limits(axes: Axes, places: int, largest: float) -> None:
    axes.set_xlim(0, largest * HEADROOM)
    axes.set_ylim(places - 0.5, -0.5)


def _label(axes: Axes, text: str, x: float, place: int) -> None:
    axes.annotate(
        text, (x, place), xytext=(9, 0), textcoords="offset points", va="center", fontsize=9,
        color=INK, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _p50(x: float, place: int, colour: str) -> Line2D:
    return Line2D(
        [x], [place], linestyle="", marker="o", markersize=9, color=colour, label="p50",
        markerfacecolor="white", markeredgewidth=2, zorder=3,
    )  # fmt: skip


def _p99(x: float, place: int, colour: str) -> Line2D:
    return Line2D(
        [x], [place], linestyle="", marker="o", markersize=9, color=colour, label="p99", zorder=3
    )  # fmt: skip
