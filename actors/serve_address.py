"""Where a replica of a deployment of the platform's own Serve application answers direct calls."""

import asyncio
from typing import Any

from ray import serve
from ray.serve.handle import DeploymentHandle

from headrace.actors.direct_calls import Address

APPLICATION = "headrace"


class ServeAddress:
    """Asks the deployment for `address`. The handle is looked up when first needed and after a
    failure; a call that is cancelled leaves the deployment's queue."""

    def __init__(self, deployment: str) -> None:
        self._deployment = deployment
        self._handle: DeploymentHandle[Any] | None = None

    async def __call__(self) -> Address:
        if self._handle is None:
            self._handle = await asyncio.to_thread(
                serve.get_deployment_handle, self._deployment, APPLICATION
            )
        response = self._handle.address.remote()
        try:
            address: Address = await response
        except asyncio.CancelledError:
            response.cancel()  # type: ignore[no-untyped-call]  # Ray's own lack
            raise
        except Exception:
            self._handle = None
            raise
        return address
