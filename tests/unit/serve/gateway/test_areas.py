"""An area that is served knows shared rooms and itself: so it can be added or taken away alone."""

import ast
from pathlib import Path

import pytest

import headrace.serve.gateway

GATEWAY = Path(headrace.serve.gateway.__path__[0])
NAME = "headrace.serve.gateway."
AREAS = sorted(path.parent.name for path in GATEWAY.glob("*/__init__.py"))
PUTS_TOGETHER = {"asgi", "app", "doors"}
"""What stands above the areas."""
ROOMS = sorted({path.stem for path in GATEWAY.glob("*.py")} - PUTS_TOGETHER - {"__init__"})


def known(file: Path) -> set[str]:
    """The parts of the gateway that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {
            name.removeprefix(NAME).partition(".")[0] for name in names if name.startswith(NAME)
        }
    return found


@pytest.mark.parametrize("area", AREAS)
def test_an_area_knows_no_other(area: str) -> None:
    for file in (GATEWAY / area).rglob("*.py"):
        assert known(file) <= {area, *ROOMS}, file


@pytest.mark.parametrize("room", ROOMS)
def test_a_shared_room_knows_no_area(room: str) -> None:
    assert known(GATEWAY / f"{room}.py") <= set(ROOMS)


def test_there_are_areas_and_rooms() -> None:
    assert {"payments", "accounts"} <= set(AREAS)
    assert {"services", "fields"} <= set(ROOMS)
