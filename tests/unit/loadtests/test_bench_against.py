"""Two revisions compared: ratios of medians, spreads of rounds, clones that are what they say."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from headrace.loadtests.bench.against import clones, rounds
from headrace.loadtests.bench.against.comparison import MEASURES, Figures, as_json, compare
from headrace.loadtests.platform_under_load import RunError


def figures(
    batch_cpu_us: float = 50, batch_rps: float = 30_000, refused: int = 0, others_share: float = 0
) -> Figures:
    return Figures(
        batch_cpu_us=batch_cpu_us, batch_rps=batch_rps, single_cpu_us=200, single_rps=9_000,
        idle_p50_ms=4, refused=refused, others_share=others_share,
    )  # fmt: skip


def test_a_ratio_is_of_medians_and_a_spread_of_rounds() -> None:
    old = [figures(40), figures(50), figures(90)]
    new = [figures(60), figures(45), figures(45)]
    batch_cpu = compare(old, new)[0]
    assert (batch_cpu.old, batch_cpu.new) == (50, 45)
    assert batch_cpu.ratio == 0.9  # the mean of the rounds' own is 0.97
    assert batch_cpu.spread == (0.5, 1.5)


def test_an_even_number_of_rounds_has_the_mean_of_its_middle() -> None:
    assert compare([figures(40), figures(60)], [figures(50), figures(60)])[0].ratio == 1.1


def test_a_ratio_is_new_by_old() -> None:
    told = {one.measure.ratio: one.ratio for one in compare([figures(50, 30_000)],
                                                            [figures(75, 15_000)])}  # fmt: skip
    assert (told["batch_cpu_ratio"], told["batch_rps_ratio"]) == (1.5, 0.5)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 1), (0, 0)])
def test_rounds_that_have_no_counterpart_are_no_comparison(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="rounds"):
        compare([figures()] * old, [figures()] * new)


def test_nothing_is_divided_by_a_figure_that_was_not_there() -> None:
    with pytest.raises(ValueError, match="batch_cpu_us"):
        compare([figures(0)], [figures()])


@pytest.mark.parametrize(
    ("ratio", "at", "beyond"),
    [(m.ratio, m.must, m.must + (-0.001 if m.at_least else 0.001)) for m in MEASURES],
)
def test_a_bound_is_met_at_its_edge_and_missed_beyond(ratio: str, at: float, beyond: float) -> None:
    (measure,) = [m for m in MEASURES if m.ratio == ratio]
    assert measure.meets(at)
    assert not measure.meets(beyond)
    assert measure.at_least == ratio.endswith("rps_ratio")


def test_the_last_line_has_every_ratio_with_its_spread_and_both_sides() -> None:
    old = [figures(50, refused=1, others_share=0.1), figures(52, refused=2, others_share=0.3)]
    told = json.loads(json.dumps(as_json(old, [figures(51)] * 2, {"rounds": 2, "old_rev": "a"})))
    for name in ("batch_cpu", "batch_rps", "single_cpu", "single_rps", "idle_p50"):
        least, most = told[f"{name}_ratio_spread"]
        assert least <= told[f"{name}_ratio"] <= most
    assert (told["rounds"], told["old_rev"]) == (2, "a")
    assert told["old"]["batch_cpu_us"] == 51
    assert told["old"]["refused"] == 3
    assert told["old"]["others_share_max"] == 0.3
    assert told["new"]["single_rps"] == 9_000


def _git(where: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=where, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Two commits, whose `make install` notes the REV that it was given; then a change."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    _git(folder, "init", "--quiet")
    (folder / "Makefile").write_text("install:\n\t@echo '$(REV)' > installed\n")
    for text in ("first", "second"):
        (folder / "file").write_text(text)
        _git(folder, "add", "--all")
        _git(folder, "commit", "--quiet", "--message", text)
    (folder / "file").write_text("not committed")
    return folder


async def test_a_clone_is_its_commit_and_installed_without_the_outer_variables(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "MAKEFLAGS", " -- REV=outer")
    for revision, text in (("HEAD~1", "first"), ("HEAD", "second")):
        commit = await clones.commit_of(checkout, revision)
        python = await clones.clone(checkout, commit, tmp_path / text)
        assert python == tmp_path / text / ".venv/bin/python"
        assert (tmp_path / text / "file").read_text() == text
        assert (tmp_path / text / "installed").read_text() == "\n"
    assert await clones.is_dirty(checkout)


async def test_a_revision_that_is_not_there_is_named(checkout: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere\^\{commit\}"):
        await clones.commit_of(checkout, "nowhere")


async def test_an_install_that_fails_says_why(checkout: Path, tmp_path: Path) -> None:
    (checkout / "Makefile").write_text("install:\n\t@echo no room left; exit 3\n")
    _git(checkout, "commit", "--quiet", "--all", "--message", "third")
    commit = await clones.commit_of(checkout, "HEAD")
    with pytest.raises(RunError, match="no room left"):
        await clones.clone(checkout, commit, tmp_path / "third")


@pytest.mark.parametrize(
    ("shares", "counted"),
    [
        ([0.0] * 6, [1, 2, 3]),
        ([0.0, 0.3, 0.0, 0.0], [1, 3, 4]),
        ([0.1] * 3, [1, 2, 3]),
        ([0.9] * 6, [4, 5, 6]),
    ],
)
async def test_a_round_that_others_disturbed_is_measured_again_a_bounded_number_of_times(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shares: list[float], counted: list[int]
) -> None:
    async def one(python: Path, data_dir: Path, plan: rounds.Plan, number: int) -> Figures:
        share = shares[number - 1] if python.name == "new" else 0.0
        return figures(batch_cpu_us=number, others_share=share)

    monkeypatch.setattr(rounds, "_one", one)
    told: list[str] = []
    pythons = {"old": Path("old"), "new": Path("new")}
    plan = rounds.Plan(rounds=3, seconds=1, port=1)
    found = await rounds.measure_rounds(pythons, tmp_path, plan, told.append)
    assert [f.batch_cpu_us for f in found["new"]] == counted
    assert [f.batch_cpu_us for f in found["old"]] == counted
    assert sum("doesn't count" in line for line in told) == counted[-1] - 3
