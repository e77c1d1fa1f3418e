"""Files under the name of their content."""

from pathlib import Path

import pytest

from headrace.runtime.refusals import Refusal
from headrace.serve.http.pages import frame
from headrace.serve.http.problems import Problem
from headrace.serve.http.static import ASK_AGAIN, KEEP, Static


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "style.css").write_text("p { color: red }")
    (tmp_path / "mark.svg").write_text("<svg/>")
    return tmp_path


def test_a_file_is_kept_for_good_under_its_own_name(folder: Path) -> None:
    static = Static(folder, "/static/")
    address = static.address("style.css")
    assert address.startswith("/static/style.")
    answer = static.reply(address.removeprefix("/static/"))
    assert answer.body == b"p { color: red }"
    assert (b"content-type", b"text/css; charset=utf-8") in answer.headers
    assert KEEP in answer.headers


def test_a_changed_file_has_another_address(folder: Path) -> None:
    before = Static(folder, "/static/").address("style.css")
    (folder / "style.css").write_text("p { color: blue }")
    after = Static(folder, "/static/")
    assert after.address("style.css") != before
    stale = after.reply(before.removeprefix("/static/"))
    assert stale.body == b"p { color: blue }"
    assert ASK_AGAIN in stale.headers
    assert KEEP not in stale.headers


def test_pictures_have_their_own_type(folder: Path) -> None:
    static = Static(folder, "/static/")
    answer = static.reply(static.address("mark.svg").removeprefix("/static/"))
    assert (b"content-type", b"image/svg+xml") in answer.headers


@pytest.mark.parametrize(
    "asked", ["", ".", "..", "style", "style.css", "other.abc.css", "../style.abc.css", "style.abc"]
)
def test_what_is_no_file_of_the_folder(folder: Path, asked: str) -> None:
    with pytest.raises(Problem) as refused:
        Static(folder, "/static/").reply(asked)
    assert refused.value.refusal is Refusal.NOT_FOUND


def test_the_pages_style_sheet_is_packaged() -> None:
    address = frame.STATIC.address("style.css")
    assert address in frame.frame("Title", "", "", "1")
    assert b"color-scheme" in frame.STATIC.reply(address.rpartition("/")[2]).body
