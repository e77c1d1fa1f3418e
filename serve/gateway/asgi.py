"""The gateway as Serve binds it: put together in the process in which it serves."""

import ray

from headrace.actors.partition_client import PartitionClient
from headrace.actors.ray_actors import RayActors
from headrace.runtime import logs
from headrace.runtime import settings as settings_module
from headrace.runtime.garbage import collect_rarely
from headrace.serve.admission import Receive
from headrace.serve.gateway.app import Gateway, Scope
from headrace.serve.gateway.reply import Send


class GatewayApp:
    """An ASGI object without state, for serve.ingress; the server's lifespan starts it."""

    def __init__(self) -> None:
        self._gateway: Gateway | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._gateway is None:
            self._gateway = _put_together()
        await self._gateway(scope, receive, send)


def _put_together() -> Gateway:
    settings = settings_module.load()
    logs.configure(settings.log_level, "gateway")
    actors = RayActors(settings, ray.get_runtime_context().namespace)
    collect_rarely()
    return Gateway(settings, PartitionClient(settings, actors))
