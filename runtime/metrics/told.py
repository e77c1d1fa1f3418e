"""How actors tell their figures."""

from collections.abc import Mapping

Figures = Mapping[str, int | float]
Told = Mapping[str, str | Figures]
"""What an actor tells: its `name`, and the figures of each area under the area's name."""
