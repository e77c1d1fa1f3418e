"""/healthz, /readyz and /metrics: for those who run the platform."""

import asyncio
from typing import Literal

from msgspec import Struct

from headrace.runtime.metrics.exposition import of_actors
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.health import figures
from headrace.serve.gateway.services import Services
from headrace.serve.http import counters, reply
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family


class Health(Struct):
    """That an answer comes says that the gateway runs."""

    status: Literal["ok"] = "ok"


FAMILY = Family(
    "Operations",
    "Health and figures, without a key. Keep them inside your network.",
    rights={("read", "health"): None, ("read", "metrics"): None},
)


@FAMILY.route(
    "GET",
    "/healthz",
    "Is the gateway alive",
    "Asks nothing of the ledger or the partitions.",
    Answer(200, "It runs.", Health, {"status": "ok"}),
    right=("read", "health"),
)
async def healthz(services: Services, request: Request) -> Reply:
    return reply.json(200, Health())


@FAMILY.route(
    "GET",
    "/readyz",
    "Can the platform take payments",
    "The ledger answers and every actor has its partitions.",
    Answer(200, "It can.", Health, {"status": "ok"}),
    right=("read", "health"),
    refusals=(Refusal.UNAVAILABLE,),
)
async def readyz(services: Services, request: Request) -> Reply:
    try:
        async with asyncio.timeout(services.settings.gateway.ready_timeout_s):
            await services.pool.fetchval("SELECT 1")
            stats = await services.partitions.stats()
    except TimeoutError:
        raise Problem(Refusal.UNAVAILABLE, "the ledger or the partitions do not answer") from None
    ready = sum(1 for actor in stats if actor.get("ready", 1))
    if ready < services.settings.cell.actors:
        raise Problem(
            Refusal.UNAVAILABLE, f"{ready} of {services.settings.cell.actors} actors are ready"
        )
    return reply.json(200, Health())


@FAMILY.route(
    "GET",
    "/metrics",
    "Figures for Prometheus",
    "Of this gateway, and of every actor that answers.",
    Answer(200, "The text exposition format.", str, media="text/plain"),
    right=("read", "metrics"),
)
async def metrics(services: Services, request: Request) -> Reply:
    requests, durations = services.counters.families()
    families = [requests, figures.payments(services.outcomes), durations]
    families += counters.bounds(services.admission)
    try:
        async with asyncio.timeout(services.settings.gateway.ready_timeout_s):
            families += of_actors(await services.partitions.figures())
    except TimeoutError:
        pass
    return Reply(200, counters.text(families), [(b"content-type", counters.CONTENT_TYPE)])
