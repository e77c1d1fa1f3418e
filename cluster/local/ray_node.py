"""One Ray node in this process, and Serve on it with the application of cluster/serve.yaml.

The environment (environment.py) must be set before this module is imported. Ray's own processes
are killed by the kernel when the thread that started them ends, so one thread does all of it and
lives as long as the node; being one, it also keeps a stop behind the start it interrupts.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import psutil
import ray
import yaml
from ray import serve
from ray._private import parameter, services
from ray.serve.context import _get_global_client  # has no public form that deploys a file
from ray.serve.schema import ServeDeploySchema

from headrace.actors.ray_names import NAMESPACE
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.one_thread import OneThread
from headrace.cluster.local.ports import free_ports
from headrace.runtime.settings.local import LocalSettings

T = TypeVar("T")

CLEAR_TIMEOUT_S = 20.0
DEAD_POLL_S = 0.1
FAILURE_CHARACTERS_MAX = 1_500
"""Of what Serve says: the end of its traceback is what matters."""
LINE_CHARACTERS_MAX = 300
ESSENTIAL = ("gcs_server", "raylet")


class RayNodeError(PlatformError):
    """Ray or Serve could not start or go on; the message is theirs."""


class GaveUp(RayNodeError):
    """Ray stopped trying to start: on a busy machine its own patience, half a minute for each of
    its processes, may not be enough."""


class RayNode:
    """Start, deploy, drain, stop, in that order; the last two may come at any time."""

    def __init__(self, run: Path, settings: LocalSettings) -> None:
        """`run` is a short path to a folder of its own."""
        self._run = run
        self._settings = settings
        self._thread = OneThread("ray")
        self._essential: dict[str, psutil.Process] = {}
        self.dashboard_url = ""

    async def start(self, port: int) -> None:
        """Ray and an empty Serve that listens on 127.0.0.1. After GaveUp, `clear` and once more."""
        try:
            await self._call(_own_sessions()(self._start), port)
        except RayNodeError:
            raise
        except Exception as error:  # Ray has many, and plain ones among them
            raise GaveUp(_last_line(error)) from error

    async def clear(self) -> None:
        """Forgets a node that didn't start; its processes are ended by who knows them. Raises
        RayNodeError when Ray doesn't come back from it."""
        self._essential = {}
        shutdown = asyncio.ensure_future(self._call(ray.shutdown))
        done, _ = await asyncio.wait([shutdown], timeout=CLEAR_TIMEOUT_S)
        if not done:
            raise RayNodeError("Ray could not start, and hangs: try again")
        shutdown.exception()  # of a node that never was one

    def _start(self, port: int) -> None:
        for name in ("ray", "ray.serve"):
            logging.getLogger(name).setLevel(logging.ERROR)
        with _parameters():
            context = ray.init(
                address="local",
                namespace=NAMESPACE,
                num_cpus=self._settings.ray_cpus,
                object_store_memory=self._settings.ray_object_store_bytes,
                include_dashboard=True,
                dashboard_host="127.0.0.1",
                log_to_driver=False,
                configure_logging=False,
                _temp_dir=str(self._run / "ray"),
            )
        self.dashboard_url = f"http://{context.dashboard_url}"
        children = psutil.Process().children()
        named = {child.name(): child for child in children}
        if gone := [name for name in ESSENTIAL if name not in named]:
            raise GaveUp(f"its {gone[0]} ended at once")
        self._essential = {name: named[name] for name in ESSENTIAL}
        config = _config(port)
        serve.start(
            proxy_location=config.proxy_location,
            http_options=config.http_options.model_dump(),
            logging_config=config.logging_config,
        )

    async def deploy(self, port: int) -> None:
        """Hands the application to Serve, which starts it in its own time."""
        await self._call(self._deploy, port)

    def _deploy(self, port: int) -> None:
        client = _get_global_client()
        if client is None:
            raise RayNodeError("Serve is not running")
        client.deploy_apps(_config(port))

    async def failure(self) -> str:
        """Why the application will not come up, or empty while it may."""
        status = await self._call(serve.status)
        for name, application in status.applications.items():
            if application.status == "DEPLOY_FAILED":
                reasons = [application.message]
                reasons += [f"{n}: {d.message}" for n, d in application.deployments.items()]
                return f"Serve could not deploy {name}: {_end('; '.join(filter(None, reasons)))}"
        return ""

    def dead(self) -> str:
        """The name of an essential process that is gone, or empty."""
        for name, process in self._essential.items():
            try:
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    continue
            except psutil.NoSuchProcess:  # between the two questions
                pass
            return name
        return ""

    async def drain(self) -> None:
        """Lets requests under way be answered and ends the application.

        RayNodeError when Ray is gone, or goes meanwhile.
        """
        await self._call(self._delete_application)

    async def stop(self, within_s: float) -> None:
        """Ends Serve and Ray, as far as they can; what is left is ended process by process."""
        if self.dead():
            return  # Ray would wait for it
        try:
            await asyncio.wait_for(self._thread.call(ray.shutdown), within_s)
        except Exception as error:
            logging.getLogger(__name__).warning("stopping Ray: %r", error)

    def _delete_application(self) -> None:
        for name in serve.status().applications:
            serve.delete(name)

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        """RayNodeError when an essential process is gone: Ray would wait for it for ever."""
        done = self._thread.call(function, *arguments)
        while not done.done():
            if dead := self.dead():
                raise RayNodeError(f"Ray's {dead} is gone; start again, nothing is lost")
            await asyncio.wait({done}, timeout=DEAD_POLL_S)
        return done.result()


@contextmanager
def _parameters() -> Iterator[None]:
    """Those for which ray.init has no argument: a port of its own for the node's agent, since on
    the common one a second platform's agent would knock for four seconds and go without; and no
    process that copies logs to a driver, who reads none."""
    original = parameter.RayParams
    (port,) = free_ports(1)
    parameter.RayParams = partial(
        original,
        dashboard_agent_listen_port=port,
        include_log_monitor=False,
    )
    try:
        yield
    finally:
        parameter.RayParams = original


@contextmanager
def _own_sessions() -> Iterator[None]:
    """Starts Ray's processes in sessions of their own, for which ray.init has no argument.

    What a terminal, `timeout` or CI sends to our whole group is for us, who stop Ray in order: a
    raylet that is taken first leaves nobody to answer what is under way.
    """
    original = services.ConsolePopen
    services.ConsolePopen = partial(original, start_new_session=True)
    try:
        yield
    finally:
        services.ConsolePopen = original


def _last_line(error: Exception) -> str:
    """What is wrong: what Ray says before that are lines of its logs and of its code."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip()[:LINE_CHARACTERS_MAX] if lines else type(error).__name__


def _end(told: str) -> str:
    return f"\n{told[-FAILURE_CHARACTERS_MAX:]}"


def _config(port: int) -> ServeDeploySchema:
    """The packaged file, on this machine's loopback interface."""
    text = (files("headrace.cluster") / "serve.yaml").read_text("utf-8")
    config: dict[str, Any] = yaml.safe_load(text)
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    return ServeDeploySchema.model_validate(config)
