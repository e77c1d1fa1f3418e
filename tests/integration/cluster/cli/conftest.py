"""A platform in memory, over real HTTP, which can be made to fail."""

import pytest
from support.small_platform import SmallPlatform


@pytest.fixture
def small_platform() -> SmallPlatform:
    return SmallPlatform()
