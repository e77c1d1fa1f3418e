"""Examples are told in scenes: `from scene import ...` finds the module beside them.

Nothing of the product is imported here, so that a module that can't be imported fails tests and
not the start of them all.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from scene import Scene


@pytest.fixture
def scene() -> "Scene":
    """A book without customers, and a batch to decide in."""
    from scene import Scene

    return Scene()


@pytest.fixture
def people(scene: "Scene") -> "Scene":
    """Anna has 500; three creditors have 40, or are another actor's."""
    scene.anna(500)
    scene.shop(40)
    scene.bert(40)
    scene.far()
    return scene
