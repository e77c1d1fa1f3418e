"""Examples are told in scenes: `from scene import ...` finds the module beside them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scene import Scene


@pytest.fixture
def scene() -> Scene:
    """A book without customers, and a batch to decide in."""
    return Scene()
