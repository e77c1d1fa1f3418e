"""What acceptance tests do with a platform: over HTTP, as its users do."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

SHARED = ("platform", "home")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that share a platform, or an installation, stay in one process, and the former come
    last: their platform stands until that process ends. Told of tests in all folders."""
    for item in items:
        for shared in SHARED:
            if shared in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=lambda item: "platform" in getattr(item, "fixturenames", ()))


Pay = Callable[..., dict[str, Any]]
SETTLED_WITHIN_S = 20.0


ProcessesOf = Callable[[Path], list[psutil.Process]]
END_TIMEOUT_S = 60.0


@pytest.fixture
def processes_of() -> ProcessesOf:
    """Every process that the platform in a data directory started, itself included."""

    def processes_of(data_dir: Path) -> list[psutil.Process]:
        state = json.loads((data_dir / "platform.json").read_text())
        found: set[psutil.Process] = set()
        for root in (state["pid"], *state["parts"].get("PostgreSQL", [])):
            parent = psutil.Process(root)
            found |= {parent, *parent.children(recursive=True)}
        return list(found)

    return processes_of


@pytest.fixture
def assert_all_end() -> Callable[[list[psutil.Process]], None]:
    def assert_all_end(processes: list[psutil.Process]) -> None:
        _, left = psutil.wait_procs(processes, END_TIMEOUT_S)
        alive = [process for process in left if process.status() != psutil.STATUS_ZOMBIE]
        assert not alive, [process.cmdline() for process in alive]

    return assert_all_end


@pytest.fixture
def pay() -> Pay:
    """Opens two accounts and moves money between them; the payment, once it is settled."""

    def pay(url: str, api_key: str, amount: int = 1250) -> dict[str, Any]:
        name = uuid.uuid4().hex[:8]
        debtor, creditor = f"debtor-{name}", f"creditor-{name}"
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=30
        ) as http:
            accounts = [
                {"id": debtor, "currency": "EUR", "opening_deposit": 100_000},
                {"id": creditor, "currency": "EUR"},
            ]
            http.post("/v1/account-batches", json=accounts).raise_for_status()
            answer = http.post(
                "/v1/payments",
                headers={"Idempotency-Key": f"key-{name}"},
                json={
                    "debtor": debtor,
                    "creditor": creditor,
                    "amount": amount,
                    "currency": "EUR",
                    "reference": f"reference-{name}",
                },
            )
            assert answer.status_code == 201, answer.text
            payment: dict[str, Any] = answer.json()
            deadline = time.monotonic() + SETTLED_WITHIN_S
            while payment["status"] != "settled":
                assert time.monotonic() < deadline, f"not settled: {payment}"
                time.sleep(0.05)
                payment = http.get(f"/v1/payments/{payment['id']}").raise_for_status().json()
        return payment

    return pay
