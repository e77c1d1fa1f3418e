"""The bench's figures from what was measured, in the form that its last line promises."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from headrace.loadtests.bench import figures, tables
from headrace.loadtests.bench.figures import Run, ratios, row, rows
from headrace.loadtests.bench.run import Results
from headrace.loadtests.bench.scenarios import ROUND
from headrace.loadtests.bench.targets import TARGETS, verdicts
from headrace.loadtests.load.http_load import Load, percentile_ms

RATES = {
    "noop": 5_000, "noop_early": 20_000,
    "single": 2_000, "single_hot": 1_800, "batch": 20_000, "batch_hot": 24_000,
    "baseline.single": 800, "baseline.single_hot": 200, "baseline.loop": 1_000,
    "baseline.bulk": 16_000, "baseline.bulk_hot": 12_000, "expert.single": 1_000,
    "expert.bulk": 25_000,
}  # fmt: skip
REST = {
    "third_of_peak": {"p50_ms": 20.0, "p99_ms": 60.0},
    "idle": {"p50_ms": 7.5},
    "crossing_share": 0.5,
    "risk_degraded_share": 0.0,
    "memory_mib": {"rest": 1_600, "peak": 2_100},
    "start_s": 12.1,
    "verify": "pass",
}


def run(scenario: str, payments: int, seconds: float, cpu_s: float | None = 1.0) -> Run:
    return Run(scenario, payments, seconds, [0.010] * 99 + [0.5], cpu_s, generator_cpu_s=0.1)


def measured() -> dict[str, figures.Row]:
    return rows([run(name, rate * 10, 10) for name, rate in RATES.items()])


def test_a_row_weighs_rounds_by_their_time() -> None:
    told = row([run("single", 1_000, 1), run("single", 8_000, 4)])
    assert told.rps == 1_800
    assert (told.slowest_rps, told.fastest_rps) == (1_000, 2_000)
    assert told.cpu_us == pytest.approx(2 / 9_000 * 1e6, abs=0.1)
    assert told.generator_cpu_us == pytest.approx(0.2 / 9_000 * 1e6, abs=0.1)
    assert (told.p50_ms, told.p99_ms) == (10, 10)


def test_percentiles_are_of_all_rounds_requests() -> None:
    slow = Run("single", 300, 1, [0.1] * 300)
    assert row([run("single", 100, 1), slow]).p50_ms == 100


def test_cpu_that_is_unknown_in_one_round_is_not_told() -> None:
    assert row([run("single", 10, 1), run("single", 10, 1, cpu_s=None)]).cpu_us is None


def test_the_round_that_others_disturbed_most_is_told() -> None:
    disturbed = run("single", 10, 1)
    disturbed.others_share = 0.4
    calm = run("single", 10, 1)
    calm.others_share = 0.02
    assert row([calm, disturbed]).others_share == 0.4
    assert row([run("noop", 10, 1, None)]).others_share is None


def test_a_scenario_without_payments_is_no_row() -> None:
    with pytest.raises(ValueError, match="single"):
        row([run("single", 0, 1)])


@pytest.mark.parametrize(
    ("share", "expected"), [(0.01, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_percentile_is_what_that_share_did_not_exceed(share: float, expected: float) -> None:
    assert percentile_ms([n / 1000 for n in range(100, 0, -1)], share) == expected


def test_no_latencies_have_no_percentile() -> None:
    assert percentile_ms([], 0.99) == 0


def test_ratios_put_ours_over_theirs() -> None:
    assert ratios(measured()) == {
        "single_vs_noop": 0.4,
        "single_vs_baseline": 2.5,
        "single_hot_vs_baseline": 9,
        "batch_vs_single_baseline": 25,
        "batch_vs_loop": 20,
        "batch_vs_bulk": 1.25,
        "batch_hot_vs_bulk_hot": 2,
        "batch_hot_vs_batch": 1.2,
    }


def test_the_last_line_has_the_promised_shape() -> None:
    told = json.loads(json.dumps(figures.as_json(measured(), REST)))
    row_keys = {"rps", "p50_ms", "p99_ms", "cpu_us"}
    assert told["noop"] == {"rps": 5_000}
    assert told["noop_early"] == {"rps": 20_000, "single_vs": 0.1}
    for name in ("single", "single_hot", "batch", "batch_hot"):
        assert told[name].keys() == row_keys
    assert list(told["baseline"]) == ["single", "single_hot", "loop", "bulk", "bulk_hot"]
    assert all(of_one.keys() == row_keys for of_one in told["baseline"].values())
    assert told["expert"]["ratios"] == {"single_vs_single": 2, "batch_vs_bulk": 0.8}
    assert list(told) == [
        "noop", "noop_early", "single", "single_hot", "batch", "batch_hot", "baseline", "expert",
        "ratios", "third_of_peak", "idle", "crossing_share", "risk_degraded_share", "memory_mib",
        "start_s", "verify",
    ]  # fmt: skip


def test_without_a_rival_and_without_cpu_only_what_is_known_is_told() -> None:
    runs = [run(name, 100, 1, None) for name in ("single", "batch", "batch_hot")]
    told = figures.as_json(rows(runs), {})
    assert told.keys() == {"single", "batch", "batch_hot", "ratios"}
    assert told["single"].keys() == {"rps", "p50_ms", "p99_ms"}
    assert told["ratios"] == {"batch_hot_vs_batch": 1}


def test_every_figure_that_a_target_names_is_told() -> None:
    told = figures.as_json(measured(), REST)
    assert [verdict.target for verdict in verdicts(told)] == list(TARGETS)


@pytest.mark.parametrize(
    ("rps", "met"), [(1_749, "missed"), (1_750, "must"), (2_499, "must"), (2_500, "aim")]
)
def test_a_ratio_is_held_against_both_bounds(rps: int, met: str) -> None:
    told = figures.as_json(rows([run("noop", 5_000, 1), run("single", rps, 1)]), {})
    told["ratios"]["single_vs_noop"] = rps / 5_000
    (verdict,) = verdicts(told)
    assert (verdict.target.path[-1], verdict.met) == ("single_vs_noop", met)


@pytest.mark.parametrize(("p99_ms", "met"), [(50.0, "aim"), (100.0, "must"), (100.1, "missed")])
def test_a_latency_is_held_against_both_bounds(p99_ms: float, met: str) -> None:
    (verdict,) = verdicts({"third_of_peak": {"p50_ms": 1.0, "p99_ms": p99_ms}})
    assert verdict.met == met


def test_services_take_turns() -> None:
    """Headrace's two single scenarios, for one, are never measured one after the other."""
    subjects = [scenario.subject for scenario in ROUND]
    assert all(a != b or a == "baseline" for a, b in pairwise(subjects))
    assert {scenario.name for scenario in ROUND} == set(RATES)


def test_the_tables_are_written_as_markdown(tmp_path: Path) -> None:
    paced = Load([0.02], seconds=1.0)
    told = figures.as_json(measured(), REST)
    runs = [run(name, rate * 10, 10) for name, rate in RATES.items()]
    text = tables.write(Results(runs, paced, paced, told), tmp_path / "figures").read_text()
    lines = text.splitlines()
    assert "| single | 2,000 | 2,000 to 2,000 | 10.0 | 10.0 | 50 | 5.0 |  |" in lines
    assert "| idle | 1 | paced | 20.0 | 20.0 |  |  |  |" in lines
    assert "| p99 at a third of the peak | <= 100 ms | <= 50 | 60 ms | must |" in lines
    assert len(lines) == len(RATES) + 2 + len(TARGETS) + 2 * 3 + 1
