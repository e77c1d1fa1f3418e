"""Named SQL files."""

import uuid

import pytest

from headrace.runtime.database.sql_by_name import load


@pytest.fixture
def package(tmp_path, monkeypatch):
    name = f"probe_{uuid.uuid4().hex}"
    folder = tmp_path / name / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> dict[str, str]:
        (folder / "probe.sql").write_text(text)
        return load(name, "probe")

    return write


def test_each_statement_goes_by_its_name(package):
    text = "-- Why.\n\n-- name: one\nSELECT 1;\n\n-- name: two\n-- Note.\nSELECT 2\nFROM t;\n"
    assert package(text) == {"one": "SELECT 1", "two": "-- Note.\nSELECT 2\nFROM t"}


def test_a_statement_without_a_name_is_refused(package):
    with pytest.raises(ValueError, match="without a name"):
        package("SELECT 0;\n-- name: one\nSELECT 1;")


def test_a_name_twice_is_refused(package):
    with pytest.raises(ValueError, match="twice"):
        package("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;")
