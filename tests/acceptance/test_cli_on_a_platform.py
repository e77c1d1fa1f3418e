"""The command line against the tests' platform: every noun, a file, the books."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.shared_data import shared

ROOT = Path(__file__).parents[2]
MONTH = "data/card-transactions/2018-04.parquet"
MONTH_OPTIONS = [
    "--map", "debtor=customer-{customer_id}", "--map", "creditor=terminal-{terminal_id}",
    "--map", "amount={tx_amount}", "--map", "currency=EUR",
    "--map", "idempotency_key={transaction_id}", "--map", "occurred_at={tx_datetime}",
    "--open-missing", "100000.00",
]  # fmt: skip
TIMEOUT_S = 240

Json = dict[str, Any]


class Told(NamedTuple):
    code: int
    data: Json
    messages: str


class Headrace:
    """`headrace` as a process, on one platform."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")
        } | {"HEADRACE_DATA_DIR": str(data_dir)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "headrace.cluster.cli", *arguments, "--json"]

    def __call__(self, *arguments: str, key: str | None = None, code: int | None = 0) -> Told:
        """Runs a command; its last line on standard output is one JSON object."""
        environment = self.environment | ({"HEADRACE_API_KEY": key} if key else {})
        done = subprocess.run(
            self.command(*arguments), env=environment, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        told = Told(done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr)
        if code is not None:
            assert told.code == code, told
        return told


@pytest.fixture(scope="module")
def headrace(platform: Any) -> Iterator[Headrace]:
    run = Headrace(platform.data_dir)
    yield run
    assert run("verify").data["result"] == "pass"


@pytest.fixture(scope="module")
def shop(headrace: Headrace) -> str:
    """A tenant's administrator's key."""
    made = headrace("tenant", "create", "cli-shop")
    assert set(made.data) == {"tenant", "api_key"}
    return str(made.data["api_key"])


def test_tenants_are_listed_and_made_once(headrace: Headrace, shop: str) -> None:
    names = [tenant["tenant"] for tenant in headrace("tenant", "list").data["items"]]
    assert "cli-shop" in names
    again = headrace("tenant", "create", "cli-shop", code=1)
    assert again.data["error"]["code"] == "tenant_exists"
    assert headrace("tenant", "list", key=shop, code=4).data["error"]["code"] == "forbidden"


def test_keys_have_an_end_and_a_successor(headrace: Headrace, shop: str) -> None:
    member = headrace("key", "create", "--label", "till", "--expires-in", "1h", key=shop).data
    assert member["expires_at"]
    assert headrace("account", "list", key=member["api_key"]).data["items"] == []
    assert headrace("key", "list", key=member["api_key"], code=4)
    successor = headrace("key", "rotate", member["id"], "--grace", "1h", key=shop).data
    listed = {key["id"]: key for key in headrace("key", "list", key=shop).data["items"]}
    assert {member["id"], successor["id"]} <= set(listed)
    assert not any(key.get("api_key") for key in listed.values())
    headrace("key", "revoke", successor["id"], key=shop)
    ended = {key["id"]: key for key in headrace("key", "list", key=shop).data["items"]}
    assert ended[successor["id"]]["revoked_at"]


def test_an_account_from_opening_to_closing(headrace: Headrace, shop: str) -> None:
    opened = headrace("account", "open", "alice", "EUR", "--payment-max", "500.00", key=shop).data
    assert (opened["id"], opened["limits"]["payment_max"]) == ("alice", 50_000)
    deposit = ("account", "deposit", "alice", "100.00", "EUR", "--key", "wire-1")
    assert headrace(*deposit, key=shop).data["amount"] == 10_000
    headrace(*deposit, key=shop)
    headrace("account", "withdraw", "alice", "40.00", "EUR", key=shop)
    assert headrace("account", "show", "alice", key=shop).data["available"] == 6_000
    entries = headrace("account", "entries", "alice", key=shop).data["items"]
    assert sorted(entry["amount"] for entry in entries) == [-4_000, 10_000]
    limited = headrace("account", "limit", "alice", "--daily-count-max", "5", key=shop).data
    assert limited["limits"] == {
        "payment_max": 50_000, "daily_amount_max": 0, "daily_count_max": 5
    }  # fmt: skip
    assert headrace("account", "freeze", "alice", key=shop).data["state"] == "frozen"
    assert headrace("account", "unfreeze", "alice", key=shop).data["state"] == "open"
    refused = headrace("account", "close", "alice", key=shop, code=1)
    assert refused.data["error"]["code"] == "balance_not_zero"
    headrace("account", "withdraw", "alice", "60.00", "EUR", key=shop)
    assert headrace("account", "close", "alice", key=shop).data["state"] == "closed"


def test_a_payment_with_its_whole_timeline(headrace: Headrace, shop: str) -> None:
    for account in ("bob", "baker"):
        headrace("account", "open", account, "EUR", key=shop)
    headrace("account", "deposit", "bob", "100.00", "EUR", key=shop)
    create = (
        "payment", "create", "bob", "baker", "12.50", "EUR", "--key", "bread-1", "--wait", "10",
        "--reference", "bread", "--metadata", "till=7",
    )  # fmt: skip
    paid = headrace(*create, key=shop).data
    assert (paid["status"], paid["metadata"]) == ("settled", {"till": "7"})
    assert headrace(*create, key=shop).data["id"] == paid["id"]
    headrace("payment", "refund", paid["id"], "--amount", "2.50", key=shop)
    shown = headrace("payment", "show", paid["id"], key=shop).data
    assert [step["kind"] for step in shown["timeline"]][-1].startswith("refund")
    assert shown["timeline"][0]["amount"] == 1_250
    held = headrace(
        "payment", "create", "bob", "baker", "20.00", "EUR", "--capture", "manual", key=shop
    ).data
    assert held["status"] == "authorized"
    headrace("payment", "capture", held["id"], "--amount", "5.00", "--more", key=shop)
    headrace("payment", "capture", held["id"], key=shop)
    other = headrace(
        "payment", "create", "bob", "baker", "1.00", "EUR", "--capture", "manual", key=shop
    ).data
    assert headrace("payment", "cancel", other["id"], key=shop).data["status"] == "cancelled"
    found = headrace("payment", "list", "--reference", "bread", key=shop).data["items"]
    assert [payment["id"] for payment in found] == [paid["id"]]
    for decision in ("accept", "reject"):
        refused = headrace("payment", decision, other["id"], key=shop, code=1)
        assert refused.data["error"]["code"] == "wrong_state"
    unknown = headrace("payment", "show", "0" * 8 + "-0000-7000-8000-" + "0" * 12, key=shop, code=1)
    assert unknown.data["error"]["code"] == "unknown_payment"


def test_events_are_told_in_order_and_go_on_where_they_ended(headrace: Headrace, shop: str) -> None:
    done = subprocess.run(
        headrace.command("events", "tail", "--no-follow"),
        env=headrace.environment | {"HEADRACE_API_KEY": shop}, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=True,
    )  # fmt: skip
    *events, end = [json.loads(line) for line in done.stdout.removesuffix("\n").split("\n")]
    assert end["events"] == len(events) > 10
    assert all(event["specversion"] == "1.0" for event in events)
    assert len({event["id"] for event in events}) == len(events)
    last: dict[str, str] = {}
    for event in events:
        assert event["time"] >= last.get(event["subject"], "")
        last[event["subject"]] = event["time"]
    rest = headrace("events", "tail", "--no-follow", "--after", end["position"], key=shop)
    assert rest.data["events"] == 0


def test_a_file_interrupted_and_run_again_pays_nothing_twice(
    headrace: Headrace, shop: str, tmp_path: Path
) -> None:
    month = shared(MONTH)
    rows = 20_000
    file = tmp_path / "rows.parquet"
    first = next(pq.ParquetFile(month).iter_batches(rows))
    pq.write_table(pa.Table.from_batches([first]), file)
    arguments = ("pay", str(file), *MONTH_OPTIONS, "--out", str(tmp_path / "out.ndjson"))
    arguments += ("--batch", "500")
    process = subprocess.Popen(
        headrace.command(*arguments), env=headrace.environment | {"HEADRACE_API_KEY": shop},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while not any(map(_lines, tmp_path.glob("out.ndjson.*.part"))) and process.poll() is None:
            pass_time(process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    stopped = json.loads(out.splitlines()[-1])
    assert process.returncode == 130
    assert 0 < stopped["submitted"] < rows
    done = headrace(*arguments, key=shop).data
    assert done["submitted"] == rows
    ends = ("settled", "declined", "in_review", "refused")
    assert sum(done[end] for end in ends) == rows
    assert done["replayed"] >= stopped["submitted"] - stopped["refused"]
    assert done["risk_degraded"] < rows // 2, "risk is hardly ever asked"
    assert _lines(tmp_path / "out.ndjson") == rows
    again = headrace(*arguments, key=shop).data
    assert again["replayed"] == rows - again["refused"]
    assert [again[end] for end in ends] == [done[end] for end in ends]
    accepted, rejected, *_ = headrace("payment", "list", "--status", "in_review", key=shop).data[
        "items"
    ]
    own = headrace("payment", "accept", accepted["id"], key=shop, code=4)
    assert own.data["error"]["code"] == "own_review"
    made = headrace("key", "create", "--role", "administrator", "--label", "reviewer", key=shop)
    reviewer = made.data["api_key"]
    accept = ("payment", "accept", accepted["id"], "--idempotency-key", "review-1")
    assert headrace(*accept, key=reviewer).data == headrace(*accept, key=reviewer).data
    told = headrace("payment", "reject", rejected["id"], key=reviewer).data
    assert (told["status"], told["decline_reason"]) == ("declined", "review_rejected")
    after = headrace(*arguments, key=shop).data
    assert after["in_review"] == done["in_review"] - 2
    assert (after["settled"], after["declined"]) == (done["settled"] + 1, done["declined"] + 1)


def pass_time(process: subprocess.Popen[str]) -> None:
    """A moment for the process to go on."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.05)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_town_at_work_for_a_while(headrace: Headrace) -> None:
    keys = json.loads((headrace.data_dir / "credentials.json").read_text())
    environment = headrace.environment | {
        "HEADRACE_URL": keys["url"], "HEADRACE_API_KEY": keys["api_key"]
    }  # fmt: skip
    done = subprocess.run(
        [
            sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "locustfile.py"),
            "--headless", "--users", "20", "--spawn-rate", "20", "--run-time", "10s",
            "--stop-timeout", "20", "--only-summary",
        ],
        env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
