"""A Ray node that others started, on which the application comes through Serve's REST API: that is
how the KubeRay operator does it, from a job in no namespace of ours."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest_asyncio
import yaml

from headrace.cluster.local import credentials, environment, processes
from headrace.cluster.local.ports import free_ports
from headrace.runtime.settings import Settings

SERVE_CONFIG = Path(__file__).parents[3] / "cluster" / "serve.yaml"
STARTED_WITHIN_S = 120.0
ENDED_WITHIN_S = 20.0


class Node(NamedTuple):
    """One started as a pod's command does, with its logs in `log`."""

    dashboard: str
    token: str
    log: Path


@pytest_asyncio.fixture
async def node(settings: Settings) -> AsyncIterator[Node]:
    folder = Path(tempfile.mkdtemp(prefix="headrace-node-", dir="/tmp"))
    token = secrets.token_urlsafe(32)
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    gcs, dashboard, listen, agent, runtime_env, metrics, client = free_ports(7)
    variables = environment.of_platform(settings, folder, folder / "token")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")}
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
        *("--node-ip-address=127.0.0.1", f"--port={gcs}", f"--temp-dir={folder}/ray"),
        *("--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}"),
        *(f"--dashboard-agent-listen-port={listen}", f"--dashboard-agent-grpc-port={agent}"),
        *(f"--runtime-env-agent-port={runtime_env}", f"--metrics-export-port={metrics}"),
        *(f"--ray-client-server-port={client}", "--min-worker-port=0", "--max-worker-port=0"),
        *("--num-cpus=16", f"--object-store-memory={200 * 2**20}"),
    ]
    log = folder / "ray.log"
    with log.open("wb") as out:
        started = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=clean | variables, stdout=out, stderr=out
        )
    try:
        yield Node(f"http://127.0.0.1:{dashboard}", token, log)
    finally:
        started.kill()
        await processes.end_all_in(folder, ENDED_WITHIN_S)
        await started.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def until_answered(http: httpx.AsyncClient, method: str, path: str, **more: Any) -> None:
    """Asks until the answer is 200."""
    told: object = None
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            while True:
                try:
                    answer = await http.request(method, path, **more)
                    told = answer.text
                    if answer.status_code == 200:
                        return
                except httpx.TransportError as error:
                    told = error
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"{method} {path}: {told}") from None


async def test_actors_are_found_from_a_job_in_another_namespace(
    node: Node, settings: Settings, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    config = yaml.safe_load(SERVE_CONFIG.read_text())
    config["http_options"] |= {"host": "127.0.0.1", "port": port}
    url = f"http://127.0.0.1:{port}"
    keys = await credentials.ensure(settings, tmp_path, url)
    operator = {"Authorization": f"Bearer {node.token}"}
    async with httpx.AsyncClient(base_url=node.dashboard, trust_env=False, timeout=120) as http:
        path = "/api/serve/applications/"
        await until_answered(http, "GET", path, headers=operator)
        (await http.put(path, json=config, headers=operator)).raise_for_status()
    caller = {"Authorization": f"Bearer {keys.api_key}"}
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=120) as http:
        await until_answered(http, "GET", "/readyz")
        accounts = [
            {"id": "debtor", "currency": "EUR", "opening_deposit": 100_000},
            {"id": "creditor", "currency": "EUR"},
        ]
        opened = await http.post("/v1/account-batches", json=accounts, headers=caller)
        opened.raise_for_status()
        paid = await http.post(
            "/v1/payments",
            headers={**caller, "Idempotency-Key": uuid.uuid4().hex, "Prefer": "wait=20"},
            json={"debtor": "debtor", "creditor": "creditor", "amount": 1250, "currency": "EUR"},
        )
        assert (paid.status_code, paid.json()["status"]) == (201, "settled"), paid.text
