"""Files of ../shared, beside the repository: data that is too large for it, or not ours to give.

A test that needs one is skipped where it is absent and says so; where TESTS_NEED_SHARED is set, as
in CI, it fails instead, so that no run there is green for want of its data.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared"
NEEDED = "TESTS_NEED_SHARED"


def shared(path: str) -> Path:
    """A file or folder of ../shared, for a test or fixture that runs now."""
    found = SHARED / path
    if not found.exists():
        told = f"needs ../shared/{path}, which is not at {found}"
        if os.environ.get(NEEDED):
            pytest.fail(told, pytrace=False)
        pytest.skip(told)
    return found
