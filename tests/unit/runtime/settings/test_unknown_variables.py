"""A misspelt variable was silence: HEADRACE_PARTITION=8 made a ledger of 16 partitions for good."""

import pytest

from headrace.runtime.settings import SettingsError, load


def test_a_misspelt_number_of_partitions_ends_the_start_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADRACE_PARTITION", "8")
    with pytest.raises(SettingsError, match=r"HEADRACE_PARTITION\b.*HEADRACE_PARTITIONS\?"):
        load()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("headrace_partitions", "8", "HEADRACE_PARTITIONS"),
        ("HEADRACE_API_KEYS", "8", "HEADRACE_API_KEY"),
        ("HEADRACE_PORT", "9000", "HEADRACE_PORT is no setting"),
        ("HEADRACE_PORTITIONS", "8", "HEADRACE_PARTITIONS"),
        ("HEADRACE_GATEWAY", "2", "HEADRACE_GATEWAYS"),
        ("HEADRACE_XYZZY", "1", "no setting's name is near"),
    ],
)
def test_what_only_looks_like_a_setting_is_told(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told) as failed:
        load()
    assert name in str(failed.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEADRACE_URL", "http://127.0.0.1:8080"),
        ("HEADRACE_API_KEY", "hr_x"),
        ("HEADRACE_DATA_DIR", "/srv"),
        ("HEADRACE_SERVICE_HOST", "10.0.0.1"),
        ("HEADRACE_SERVICE_PORT", "8000"),
        ("HEADRACE_PORT", "tcp://10.0.0.1:8000"),
        ("HEADRACE_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
        ("HEADRACE_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("HEADRACE_SERVE_SVC_SERVICE_HOST", "10.0.0.1"),
        ("HEADRACE_SERVE_SVC_SERVICE_PORT_HTTP", "8000"),
        ("HEADRACE_HEAD_SVC_PORT", "udp://10.0.0.1:6379"),
        ("HEADRACE_HEAD_SVC_PORT_6379_TCP_PROTO", "tcp"),
    ],
)
def test_the_command_lines_own_and_kubernetes_service_links_pass(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    load()


def test_all_that_is_wrong_is_told_at_once_and_no_value_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_ACTORS", "hunter2")
    monkeypatch.setenv("HEADRACE_RISK_TIMEOUT_S", "nan")
    with pytest.raises(SettingsError) as failed:
        load()
    assert "HEADRACE_ACTORS: Input should be a valid integer" in str(failed.value)
    assert "HEADRACE_RISK_TIMEOUT_S: " in str(failed.value)
    assert "hunter2" not in str(failed.value)
