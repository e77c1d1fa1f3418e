"""Which faults a run does, and what it must have reached in the end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """How often each fault comes, and bounds."""

    faults: Mapping[str, int]
    duration_s_max: float
    """Faults that have no room in it are left out, and missed in the end."""
    acknowledged_min: int
    crossing_share_min: float = 0.3

    def shuffled(self, random: Random) -> list[str]:
        """The faults in the seed's order."""
        names = [name for name, count in self.faults.items() for _ in range(count)]
        random.shuffle(names)
        return names

    def missed(
        self, kills: Mapping[str, int], skipped: Sequence[str], acknowledged: int, crossing: int
    ) -> list[str]:
        """What a run did not reach, in words. Nothing is asked of faults that were skipped."""
        missed = [
            f"{kills.get(name, 0)} of {count} {name} faults"
            for name, count in self.faults.items()
            if name not in skipped and kills.get(name, 0) < count
        ]
        if acknowledged < self.acknowledged_min:
            missed.append(f"{acknowledged} of {self.acknowledged_min} acknowledged")
        if crossing < self.crossing_share_min * acknowledged:
            missed.append(f"{crossing} of {acknowledged} crossing")
        return missed


LONG = Plan(
    faults={
        "actor": 16, "gateway": 9, "risk": 9, "haproxy": 8, "postgres": 12, "connection": 14,
        "slow": 8, "pause": 7, "takeover": 8, "disk_full": 6, "clock": 10, "platform": 5,
    },
    duration_s_max=1_020.0,
    acknowledged_min=50_000,
)  # fmt: skip
SHORT = Plan(
    faults={
        "actor": 2, "gateway": 1, "risk": 1, "haproxy": 1, "postgres": 2, "connection": 2,
        "slow": 1, "pause": 1, "takeover": 1, "disk_full": 1, "clock": 1, "platform": 1,
    },
    duration_s_max=150.0,
    acknowledged_min=500,
)  # fmt: skip


def of_faults(names: Sequence[str]) -> Plan:
    """These and no others, once each time it is named."""
    return Plan(
        faults=Counter(names), duration_s_max=LONG.duration_s_max, acknowledged_min=1,
        crossing_share_min=0.0,
    )  # fmt: skip
