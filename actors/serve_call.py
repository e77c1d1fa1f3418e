"""Calls to a deployment of the platform's own Serve application."""

import asyncio
from typing import Any

from ray import serve
from ray.serve.handle import DeploymentHandle

APPLICATION = "headrace"


class ServeCall:
    """One method, bytes to bytes. The handle is looked up when first needed and after a failure;
    a call that is cancelled leaves the deployment's queue."""

    def __init__(self, deployment: str, method: str) -> None:
        self._deployment = deployment
        self._method = method
        self._handle: DeploymentHandle[Any] | None = None

    async def __call__(self, data: bytes) -> bytes:
        if self._handle is None:
            self._handle = await asyncio.to_thread(
                serve.get_deployment_handle, self._deployment, APPLICATION
            )
        response = getattr(self._handle, self._method).remote(data)
        try:
            answer: bytes = await response
        except asyncio.CancelledError:
            response.cancel()
            raise
        except Exception:
            self._handle = None
            raise
        return answer
