"""Puts the Serve application together: risk, supervisor and the gateways in front of them.

cluster/serve.yaml names `build`; a laptop and KubeRay deploy that same file.
"""

from typing import Any

import ray
from ray import serve
from ray.serve import Application

from headrace.actors.direct_calls import Address, listen
from headrace.runtime import logs
from headrace.runtime import settings as settings_module
from headrace.serve.gateway.asgi import GatewayApp
from headrace.serve.risk import OPTIONS as RISK_OPTIONS
from headrace.serve.risk import Risk
from headrace.serve.supervisor import Supervisor


class SupervisorDeployment:
    """Supervisor as a deployment; a new replica finds the actors that run."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it
        settings = settings_module.load()
        logs.configure(settings.cell.log_level, "supervisor")
        self._supervisor = Supervisor(settings)
        await self._supervisor.start()

    def ready(self) -> bool:
        """Supervisor.ready."""
        return self._supervisor.ready()


class RiskDeployment(Risk):
    """Risk with the settings of its own process, which the actors call directly."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits it
        settings = settings_module.load()
        logs.configure(settings.cell.log_level, "risk")
        super().__init__(settings.risk, settings.partition.batch_payments_max)
        own: str = ray.util.get_node_ip_address()
        self._address = await listen(self.score, own)

    def address(self) -> Address:
        """Where `score` answers direct calls."""
        return self._address


class Gateway:
    """The ingress: every request goes straight to the ASGI object."""

    def __init__(self, risk: Any, supervisor: Any) -> None:
        """Takes the handles so that Serve deploys what they belong to."""


def build(arguments: dict[str, Any]) -> Application:
    """The application `headrace`. `gateways`: number of gateway replicas."""
    settings = settings_module.load()
    risk = serve.deployment(num_replicas=1, **RISK_OPTIONS)(RiskDeployment)
    supervisor = serve.deployment(
        name="supervisor", num_replicas=1, health_check_period_s=settings.cell.health_check_s
    )(SupervisorDeployment)
    gateway = serve.deployment(
        name="gateway",
        num_replicas=int(arguments.get("gateways", settings.cell.gateways)),
        max_ongoing_requests=settings.gateway.gateway_requests_max,
        health_check_period_s=settings.cell.health_check_s,
    )(serve.ingress(GatewayApp())(Gateway))
    return gateway.bind(risk.bind(), supervisor.bind())
