from pathlib import Path

import pytest

from headrace.cluster.cli.credentials import resolve
from headrace.cluster.cli.failures import BadInput


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "credentials.json").write_text(
        '{"url": "http://127.0.0.1:1/", "operator_key": "op", "tenant": "demo", "api_key": "k"}'
    )
    return tmp_path


def test_the_data_directory_stands_in_for_what_is_not_given(data_dir: Path) -> None:
    assert resolve(None, None, data_dir) == ("http://127.0.0.1:1", "k")
    assert resolve(None, None, data_dir, operator=True) == ("http://127.0.0.1:1", "op")
    assert resolve("http://else", None, data_dir) == ("http://else", "k")
    assert resolve(None, "mine", data_dir, operator=True) == ("http://127.0.0.1:1", "mine")


def test_without_a_platform_the_way_to_one_is_shown(tmp_path: Path) -> None:
    assert resolve("http://else", "mine", tmp_path) == ("http://else", "mine")
    with pytest.raises(BadInput, match="headrace up"):
        resolve(None, None, tmp_path)
    with pytest.raises(BadInput, match="HEADRACE_API_KEY"):
        resolve("http://else", None, tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("{")
    with pytest.raises(BadInput, match=r"credentials\.json"):
        resolve(None, None, tmp_path)
