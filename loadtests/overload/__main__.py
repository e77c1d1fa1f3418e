"""Offers a platform three times what it can take, then crowds it:
`python -m headrace.loadtests.overload`.

The platform starts on fresh data. The load comes from processes of its own, over loopback. The last
line is one JSON object.
"""

import argparse
import json
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from headrace.cluster.local.daemon import Status
from headrace.loadtests.load.http_load import drive
from headrace.loadtests.load.payments import Payments
from headrace.loadtests.overload.crowd import Crowd, CrowdSize
from headrace.loadtests.overload.offer import BATCH, Offered, Order, offer_in_a_process
from headrace.loadtests.overload.probe import probe, recovered_after_s
from headrace.loadtests.platform_under_load import LocalPlatform, actor_memory_mib, fresh_platform
from headrace.loadtests.sampling import sampled
from headrace.loadtests.signals import run

TIMES_CAPACITY = 3
OFFER_TIMEOUT_S = 120
PROBE_S = 10.0
SAMPLE_EVERY_S = 5.0
OPEN_FILES = 16_384
CROWDED_SHARE = 3
"""The crowd stands beside this fraction (a third) of the single path's peak."""
CROWDED_CONNECTIONS = 64
CROWDED_S_LEAST = 20.0
"""Longer than the platform bears a body that doesn't come."""
say = Console(stderr=True).print


@dataclass(frozen=True)
class Way:
    """A path into the platform, and what is asked of it."""

    name: str
    batch: bool
    peak_connections: int
    connections: int
    """At three times the capacity."""
    kept_least: float
    accepted_p99_ms_max: float


WAYS = (
    Way("batch", True, 8, 64, kept_least=0.9, accepted_p99_ms_max=2_000),
    Way("single", False, 256, 2_048, kept_least=0.5, accepted_p99_ms_max=2_000),
)


class Overload:
    """One platform's figures."""

    def __init__(self, platform: LocalPlatform, seconds: float) -> None:
        self._platform = platform
        self._seconds = seconds
        self._count = 0
        self.figures: dict[str, Any] = {}

    async def measure(self, crowd: CrowdSize) -> dict[str, Any]:
        """Both ways, the crowd, the books."""
        await self._platform.open_accounts()
        peaks = {}
        for way in WAYS:
            peaks[way.name] = await self._overload(way)
        await self._crowded(crowd, peaks["single"] / CROWDED_SHARE)
        await self._platform.settled()
        metrics = await self._platform.figures()
        self.figures["risk_degraded_share"] = round(
            metrics["risk_degraded_total"] / metrics["payments_total"], 5
        )
        self.figures["verify"] = await self._platform.verify()
        self.figures["met"] = self._met()
        return self.figures

    async def _overload(self, way: Way) -> float:
        """Fills in the way's figures; its peak in payments a second."""
        each = BATCH if way.batch else 1
        await self._offer(way, way.peak_connections, self._seconds / 8, 0)
        peak, peak_before = await self._offer(way, way.peak_connections, self._seconds / 4, 0)
        await self._platform.settled()
        probes = await probe(self._platform.address.port, self._singles(), 5)
        normal_s = max(took for _, took in probes)
        before = self._platform.status()
        rate = TIMES_CAPACITY * peak_before / each
        async with sampled(self._platform.status, SAMPLE_EVERY_S) as seen:
            offered, rps = await self._offer(way, way.connections, self._seconds, rate)
            recovered_s = recovered_after_s(
                await probe(self._platform.address.port, self._singles(), PROBE_S), normal_s
            )
        await self._platform.settled()
        after = self._platform.status()
        _, peak_after = await self._offer(way, way.peak_connections, self._seconds / 4, 0)
        await self._platform.settled()
        peak_rps = (peak_before + peak_after) / 2
        self.figures[way.name] = {
            "peak_rps": round(peak_rps),
            "peak_before_rps": round(peak_before),
            "peak_after_rps": round(peak_after),
            "peak_p99_ms": peak.accepted_p99_ms,
            "offered_rps": round(rate * each),
            "sent_rps": round(offered.sent * each / offered.seconds),
            "kept_rps": round(rps),
            "kept": round(rps / peak_rps, 2),
            "accepted_p99_ms_max": way.accepted_p99_ms_max,
            **_answered(offered),
            "normal_ms": round(normal_s * 1000, 1),
            "recovered_s": recovered_s,
            **_memory(before, seen, after),
        }  # fmt: skip
        say(way.name, self.figures[way.name])
        return peak_rps

    async def _offer(
        self, way: Way, connections: int, seconds: float, rate: float
    ) -> tuple[Offered, float]:
        """What a load came to, and the durable payments a second while it went on."""
        self._count += 1
        order = Order(
            port=self._platform.address.port,
            api_key=self._platform.address.api_key,
            name=f"{way.name}-{self._count}",
            batch=way.batch,
            connections=connections,
            seconds=seconds,
            per_second=rate,
        )
        paid = (await self._platform.figures())["payments_total"]
        offered = await offer_in_a_process(order)
        count = (await self._platform.figures())["payments_total"] - paid
        if abs(count - offered.paid) > 0:
            say(f"{order.name}: {count:.0f} payments decided, {offered.paid} told; {offered}")
        return offered, count / offered.seconds

    def _singles(self) -> Any:
        self._count += 1
        return Payments(self._platform.address.api_key, f"probe-{self._count}", False).singles()

    async def _crowded(self, size: CrowdSize, per_second: float) -> None:
        """A normal load without the crowd and beside it."""
        seconds = max(self._seconds / 4, CROWDED_S_LEAST)

        async def normal() -> dict[str, Any]:
            load = await drive(
                "127.0.0.1", self._platform.address.port, self._singles(), CROWDED_CONNECTIONS,
                seconds, per_second=per_second,
            )  # fmt: skip
            return {
                "p50_ms": load.percentile_ms(0.5),
                "p99_ms": load.percentile_ms(0.99),
                "statuses": dict(load.statuses),
            }

        alone = await normal()
        crowd = Crowd(self._platform.address.port, size, self._singles())
        try:
            await crowd.gather()
            beside = await normal()
        finally:
            await crowd.disperse()
        self.figures["crowd"] = {
            "per_second": round(per_second),
            "clients": {kind: getattr(size, kind) for kind in size.__struct_fields__},
            "without": alone,
            "beside": beside,
            "ended": {kind: dict(how) for kind, how in crowd.ended.items()},
            "ended_after_s_max": crowd.ended_after_s,
        }
        say("crowd", self.figures["crowd"])

    def _met(self) -> dict[str, bool]:
        """What is asked for, and whether it was reached."""
        met = {}
        for way in WAYS:
            told = self.figures[way.name]
            met[f"{way.name}_kept"] = told["kept"] >= way.kept_least
            met[f"{way.name}_p99"] = told["accepted_p99_ms"] <= way.accepted_p99_ms_max
            met[f"{way.name}_retry_after"] = not told["without_retry_after"]
        return met


def _answered(offered: Offered) -> dict[str, Any]:
    """What came of an offer, and how late its own generator was."""
    return {
        "accepted_p50_ms": offered.accepted_p50_ms,
        "accepted_p99_ms": offered.accepted_p99_ms,
        "refused": offered.refused,
        "refused_by_gateway": offered.refused_by_gateway,
        "refused_p50_ms": offered.refused_p50_ms,
        "refused_p99_ms": offered.refused_p99_ms,
        "without_retry_after": offered.without_retry_after,
        "statuses": offered.statuses,
        "unsent": offered.unsent,
        "failed": offered.failed,
        "generator_late_p50_ms": offered.late_p50_ms,
        "generator_late_p99_ms": offered.late_p99_ms,
        "generator_cores": round(offered.cpu_s / offered.seconds, 2),
    }


def _memory(before: Status, seen: Sequence[Status], after: Status) -> dict[str, Any]:
    """MiB of the platform and of its actors, before an offer, at most and after it."""
    return {
        "memory_mib": {
            "before": before.memory_mb,
            "peak": max(status.memory_mb for status in seen),
            "after": after.memory_mb,
        },
        "actor_memory_mib": {
            "before": actor_memory_mib(before),
            "peak": max(map(actor_memory_mib, seen)),
            "after": actor_memory_mib(after),
        },
    }


async def _measure(port: int, seconds: float, size: CrowdSize) -> dict[str, Any]:
    async with fresh_platform(port) as platform:
        return await Overload(platform, seconds).measure(size)


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(prog="headrace.loadtests.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of each overload (120)")
    parser.add_argument("--port", type=int, default=8352, help="of the platform (8352)")
    parser.add_argument("--idle", type=int, default=3_000, help="idle connections (3,000)")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))
    size = CrowdSize(idle=options.idle)
    print(json.dumps(run(_measure(options.port, options.seconds, size))))


if __name__ == "__main__":
    main()
