"""One Ray node in this process, and Serve on it with the application of cluster/serve.yaml.

The environment (environment.py) must be set before this module is imported. Ray's own processes
are killed by the kernel when the thread that started them ends, so one thread does all of it and
lives as long as the node; being one, it also keeps a stop behind the start it interrupts.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import psutil
import ray
import yaml
from ray import serve
from ray._private import parameter
from ray.exceptions import RayError
from ray.serve.context import _get_global_client  # has no public form that deploys a file
from ray.serve.schema import ServeDeploySchema

from headrace.actors.ray_names import NAMESPACE
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.ports import free_ports

T = TypeVar("T")

CPUS = 16
"""What actors may ask for together, not what the machine has: none of them keeps a core busy."""
OBJECT_STORE_BYTES = 200 * 2**20
STOP_TIMEOUT_S = 20.0
FAILURE_CHARACTERS_MAX = 1_500
"""Of what Serve says: the end of its traceback is what matters."""
ESSENTIAL = ("gcs_server", "raylet")


class RayNodeError(PlatformError):
    """Ray or Serve could not start; the message is theirs."""


class RayNode:
    """Start, deploy, stop, in that order; `stop` may come at any time."""

    def __init__(self, runtime_dir: Path) -> None:
        self._runtime_dir = runtime_dir
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ray")
        self._essential: list[psutil.Process] = []
        self.dashboard_url = ""

    async def start(self, port: int) -> None:
        """Ray and an empty Serve that listens on 127.0.0.1."""
        try:
            await self._on_thread(self._start, port)
        except (RayError, RuntimeError, OSError) as error:
            raise RayNodeError(f"Ray could not start: {_end(str(error))}") from error

    def _start(self, port: int) -> None:
        for name in ("ray", "ray.serve"):
            logging.getLogger(name).setLevel(logging.ERROR)
        with _parameters():
            context = ray.init(
                address="local",
                namespace=NAMESPACE,
                num_cpus=CPUS,
                object_store_memory=OBJECT_STORE_BYTES,
                include_dashboard=True,
                dashboard_host="127.0.0.1",
                log_to_driver=False,
                configure_logging=False,
                _temp_dir=str(self._runtime_dir / "ray"),
            )
        self.dashboard_url = f"http://{context.dashboard_url}"
        children = psutil.Process().children()
        self._essential = [child for child in children if child.name() in ESSENTIAL]
        config = _config(port)
        serve.start(
            proxy_location=config.proxy_location,
            http_options=config.http_options.model_dump(),
            logging_config=config.logging_config,
        )

    async def deploy(self, port: int) -> None:
        """Hands the application to Serve, which starts it in its own time."""
        await self._on_thread(self._deploy, port)

    def _deploy(self, port: int) -> None:
        client = _get_global_client()
        if client is None:
            raise RayNodeError("Serve is not running")
        client.deploy_apps(_config(port))

    async def failure(self) -> str:
        """Why the application will not come up, or empty while it may."""
        status = await self._on_thread(serve.status)
        for name, application in status.applications.items():
            if application.status == "DEPLOY_FAILED":
                reasons = [application.message]
                reasons += [f"{n}: {d.message}" for n, d in application.deployments.items()]
                return f"Serve could not deploy {name}: {_end('; '.join(filter(None, reasons)))}"
        return ""

    def dead(self) -> str:
        """The name of an essential process that is gone, or empty."""
        for process in self._essential:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return process.name()
        return ""

    async def stop(self) -> None:
        """Lets requests under way be answered, then ends Serve and Ray. Never raises."""
        for step in (self._delete_application, ray.shutdown):
            try:
                await asyncio.wait_for(self._on_thread(step), STOP_TIMEOUT_S)
            except Exception as error:  # what is left is ended process by process
                logging.getLogger(__name__).warning("stopping Ray: %r", error)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _delete_application(self) -> None:
        if self._essential and not self.dead():
            for name in serve.status().applications:
                serve.delete(name)

    async def _on_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


@contextmanager
def _parameters() -> Iterator[None]:
    """Those for which ray.init has no argument: a port of its own for the node's agent, since on
    the common one a second platform's agent would knock for four seconds and go without; and no
    process that copies logs to a driver, who reads none."""
    original = parameter.RayParams
    (port,) = free_ports(1)
    parameter.RayParams = partial(  # type: ignore[assignment,misc]  # a class for a while
        original,
        dashboard_agent_listen_port=port,
        include_log_monitor=False,  # type: ignore[arg-type]  # declared as text, read as a truth
    )
    try:
        yield
    finally:
        parameter.RayParams = original  # type: ignore[misc]  # and itself again


def _end(told: str) -> str:
    return f"\n{told[-FAILURE_CHARACTERS_MAX:]}"


def _config(port: int) -> ServeDeploySchema:
    """The packaged file, on this machine's loopback interface."""
    text = (files("headrace.cluster") / "serve.yaml").read_text("utf-8")
    config: dict[str, Any] = yaml.safe_load(text)
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    return ServeDeploySchema.model_validate(config)
