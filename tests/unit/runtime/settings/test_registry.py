"""One registry is walked by loading, checks and the reference page."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import typer

from headrace.cluster.cli.main import app
from headrace.runtime.environment import COMMAND_LINE
from headrace.runtime.settings import Settings, SettingsError, load
from headrace.runtime.settings.reference import page
from headrace.runtime.settings.section import Count, Rules, Section

ROOT = Path(__file__).parents[4]


class TollSettings(Section):
    """Of a throw-away area."""

    toll_gates_max: Count = 3
    """Gates open at once."""
    toll_lanes_max: Count = 9
    """Of one gate."""

    def rules(self) -> Rules:
        return ((self.toll_gates_max < self.toll_lanes_max, "toll_lanes_max: more than gates"),)


class WithToll(Settings):
    """The registry with the one line that the area costs."""

    toll: TollSettings = TollSettings()


def test_a_setting_in_a_throw_away_area_is_a_line_in_the_registry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADRACE_TOLL_GATES_MAX", "5")
    assert WithToll.load().toll.toll_gates_max == 5
    assert WithToll.load().in_variables() == {"HEADRACE_TOLL_GATES_MAX": "5"}
    assert "| `HEADRACE_TOLL_GATES_MAX` | `3` | at least 1 | Gates open at once. |" in page(
        WithToll
    )
    with pytest.raises(SettingsError, match="HEADRACE_TOLL_GATES_MAX is no setting"):
        Settings.load()
    monkeypatch.setenv("HEADRACE_TOLL_GATES_MAX", "10")
    with pytest.raises(SettingsError, match="toll_lanes_max: more than gates"):
        WithToll.load()


def test_the_page_is_what_the_models_make() -> None:
    assert (ROOT / "cluster" / "SETTINGS.md").read_text() == page()


def test_every_setting_has_a_meaning_and_a_name_of_its_own() -> None:
    names = [name for area in Settings.areas().values() for name in area.model_fields]
    assert len(names) == len(set(names))
    for area in Settings.areas().values():
        for name, field in area.model_fields.items():
            assert field.description, name


def test_the_defaults_agree_with_each_other() -> None:
    Settings().check()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"actors": 17, "partitions": 16}, "actors: at most one a partition"),
        ({"partitions": 0}, "HEADRACE_PARTITIONS: "),
        ({"partitions": 4097}, "HEADRACE_PARTITIONS: "),
        ({"commit_timeout_s": 20}, "commit_timeout_s < call_timeout_s"),
        ({"open_legs_max": 999}, "open_legs_max: at least call_payments_max"),
        ({"risk_timeout_s": 20}, "risk_timeout_s: less than call_timeout_s"),
        ({"gateway_requests_max": 16_700}, "gateway_requests_max: more than"),
        ({"nonsense": 1}, "nonsense is no setting"),
    ],
)
def test_a_bound_that_contradicts_another_is_refused(given: dict[str, int], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load(**given)


def test_a_level_may_be_written_small() -> None:
    assert Settings(log_level="debug").cell.log_level == "DEBUG"


def test_settings_go_from_process_to_process_as_they_are() -> None:
    settings = Settings(actors=3, risk_timeout_s=0.25)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_made_by_hand_they_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_ACTORS", "7")
    assert Settings().cell.actors == 2
    assert load().cell.actors == 7
    assert load(actors=5).cell.actors == 5


def test_the_rows_of_the_command_line_are_its_options() -> None:
    def variables(command: Any) -> set[str]:
        own = {str(p.envvar) for p in command.params if p.envvar}
        inner = getattr(command, "commands", {}).values()
        return own.union(*(variables(each) for each in inner))

    assert variables(typer.main.get_command(app)) == set(COMMAND_LINE)
