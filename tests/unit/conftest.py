"""Unit tests open no socket and start no Ray.

Whether a property holds is never told by how fast the machine was: no deadline for an example, no
complaint that inputs came slowly. What failed can be played again from what is printed.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from support.offline import offline

settings.register_profile(
    "unit", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
if settings.get_current_profile_name() == "default":  # unless the command line names another
    settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    with offline():
        yield
