"""/healthz, /readyz and /metrics: for those who run the platform."""

import asyncio
from typing import Literal

from msgspec import Struct

from headrace.runtime.metrics.exposition import of_actors
from headrace.runtime.payments.refusals import Refusal
from headrace.serve.gateway import counters, reply
from headrace.serve.gateway.platform import Platform
from headrace.serve.gateway.reply import Reply
from headrace.serve.gateway.request import Request
from headrace.serve.gateway.route import Answer, Family
from headrace.serve.problems import Problem


class Health(Struct):
    """That an answer comes says that the gateway runs."""

    status: Literal["ok"] = "ok"


FAMILY = Family("Operations", "Health and figures, without a key. Keep them inside your network.")


@FAMILY.route(
    "GET",
    "/healthz",
    "Is the gateway alive",
    "Asks nothing of the ledger or the partitions.",
    Answer(200, "It runs.", Health, {"status": "ok"}),
    role=None,
)
async def healthz(platform: Platform, request: Request) -> Reply:
    return reply.json(200, Health())


@FAMILY.route(
    "GET",
    "/readyz",
    "Can the platform take payments",
    "The ledger answers and every actor has its partitions.",
    Answer(200, "It can.", Health, {"status": "ok"}),
    role=None,
    refusals=(Refusal.UNAVAILABLE,),
)
async def readyz(platform: Platform, request: Request) -> Reply:
    try:
        async with asyncio.timeout(platform.settings.gateway.ready_timeout_s):
            await platform.pool.fetchval("SELECT 1")
            stats = await platform.partitions.stats()
    except TimeoutError:
        raise Problem(Refusal.UNAVAILABLE, "the ledger or the partitions do not answer") from None
    ready = sum(1 for actor in stats if actor.get("ready", 1))
    if ready < platform.settings.cell.actors:
        raise Problem(
            Refusal.UNAVAILABLE, f"{ready} of {platform.settings.cell.actors} actors are ready"
        )
    return reply.json(200, Health())


@FAMILY.route(
    "GET",
    "/metrics",
    "Figures for Prometheus",
    "Of this gateway, and of every actor that answers.",
    Answer(200, "The text exposition format.", str, media="text/plain"),
    role=None,
)
async def metrics(platform: Platform, request: Request) -> Reply:
    families = [*platform.counters.families(), *counters.bounds(platform.admission)]
    try:
        async with asyncio.timeout(platform.settings.gateway.ready_timeout_s):
            families += of_actors(await platform.partitions.figures())
    except TimeoutError:
        pass
    return Reply(200, counters.text(families), [(b"content-type", counters.CONTENT_TYPE)])
