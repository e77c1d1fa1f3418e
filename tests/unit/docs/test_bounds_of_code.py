"""Bounds that keep code readable: of files, of functions, of what checkers are told to ignore."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("runtime", "actors", "serve", "cluster", "loadtests", "tests")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
LONG_FUNCTIONS = {
    "cluster/cli/pay.py: pay": "its options and their help are the command's page",
    "runtime/payments/decide_payment.py: decide_payment": "one pass, without calls, for speed",
}
"""Those that may be longer, and why: at most two."""
IGNORE = re.compile(r"# (?:type: ignore\[[\w, -]+\]|noqa: [A-Z]+\d+)")
"""`fmt: skip` needs no reason."""


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def long_functions(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.name


def unexplained(text: str) -> Iterator[str]:
    """Lines that tell a checker to ignore something, and not why: in a comment after it."""
    for number, line in enumerate(text.splitlines(), 1):
        if "# type: ignore" in line or "# noqa" in line:
            said = IGNORE.sub("", line[line.index("#") :])
            bare = "# type: ignore" in said or "# noqa" in said
            if bare or not re.fullmatch(r"\s*# \w.*", said):
                yield f"{number}: {line.strip()}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_is_longer_than_a_few_screens(folder: str) -> None:
    found = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in modules(folder)}
    assert {name: lines for name, lines in found.items() if lines > FILE_LINES_MAX} == {}


def test_functions_are_one_screen_but_those_that_say_why() -> None:
    found = {
        f"{name_of(path)}: {function}"
        for path in modules(*FOLDERS)
        for function in long_functions(path.read_text("utf-8"))
    }
    assert found == LONG_FUNCTIONS.keys()
    assert len(LONG_FUNCTIONS) <= 2


def test_whatever_is_ignored_has_a_reason_beside_it() -> None:
    assert [
        f"{name_of(path)}:{line}"
        for path in modules(*FOLDERS)
        if path != Path(__file__)
        for line in unexplained(path.read_text("utf-8"))
    ] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = f()  # type: ignore[arg-type]", 1),
        ("x = f()  # type: ignore", 1),
        ("x = f()  # noqa: E501", 1),
        ("x = f()  # noqa", 1),
        ("x = f()  # type: ignore[arg-type]  # noqa: E501", 1),
        ("x = f()  # type: ignore[arg-type, misc]  # Ray's own lack", 0),
        ("x = f()  # noqa: ASYNC110  # rows tell nobody", 0),
        ("x = f()  # fmt: skip", 0),
    ],
)
def test_an_ignore_without_a_reason_is_found(line: str, found: int) -> None:
    assert len(list(unexplained(line))) == found


def test_a_long_function_is_found_wherever_it_stands() -> None:
    long = "\n".join(["class A:", "    async def f(self):", *["        pass"] * 50])
    assert list(long_functions(long)) == ["f"]
    assert list(long_functions(long.rpartition("\n")[0])) == []
