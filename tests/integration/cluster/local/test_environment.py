from pathlib import Path

import pytest

from headrace.cluster.local.environment import of_platform
from headrace.runtime import settings
from headrace.runtime.settings import Settings

NODE_ID_CHARACTERS = 56
HAPROXY_SOCKET_CHARACTERS_MAX = 97


def test_a_platforms_processes_load_the_settings_it_was_started_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = Settings(database_url="postgresql://x", actors=3, risk_timeout_s=0.25)
    for name, value in wanted.in_variables().items():
        monkeypatch.setenv(name, value)
    assert settings.load() == wanted


def test_defaults_are_not_repeated() -> None:
    assert Settings(actors=3).in_variables() == {"HEADRACE_ACTORS": "3"}


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return of_platform(Settings(), tmp_path, tmp_path / "token")


def test_nothing_is_phoned_home_and_the_token_is_asked_for(variables: dict[str, str]) -> None:
    assert variables["RAY_USAGE_STATS_ENABLED"] == "0"
    assert variables["RAY_AUTH_MODE"] == "token"
    assert variables["RAY_AUTH_TOKEN_PATH"].endswith("token")


def test_two_platforms_share_no_port_and_no_path(
    variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = of_platform(Settings(), tmp_path_factory.mktemp("other"), Path("other-token"))
    own = [name for name in variables if "PORT" in name.split("_") or "/" in variables[name]]
    assert len(own) >= 8
    assert [name for name in own if variables[name] == other[name]] == []


def test_haproxys_sockets_fit_with_the_folder_that_serve_adds() -> None:
    runtime_dir = Path("/tmp/headrace-xxxxxxxx")
    for name in ("metrics.sock", "admin.sock"):
        path = runtime_dir / ("n" * NODE_ID_CHARACTERS) / name
        assert len(str(path)) <= HAPROXY_SOCKET_CHARACTERS_MAX
