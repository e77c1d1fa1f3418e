"""Durations as people write them: 45s, 30m, 12h, 90d."""

import re

from headrace.cluster.cli.failures import BadInput

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> int:
    """Seconds of a duration; BadInput teaches the form."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text.strip())
    if match is None:
        raise BadInput(f"{text!r} is no duration: write 45s, 30m, 12h or 90d")
    return int(match[1]) * _SECONDS[match[2]]
