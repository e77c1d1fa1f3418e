"""`headrace bench` on a platform that runs: its figures, and books that are right afterwards."""

import json
import os
import subprocess
import sys
from typing import Any

from headrace.loadtests.bench.figures import HEADRACE

TIMEOUT_S = 120.0


def headrace(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")}
    return subprocess.run(
        [sys.executable, "-m", "headrace.cluster.cli", *arguments, "--json"],
        env=clean, capture_output=True, text=True, timeout=TIMEOUT_S,
    )  # fmt: skip


def answer(*arguments: str) -> dict[str, Any]:
    done = headrace(*arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(told, dict)
    return told


def bench(platform: Any, api_key: str) -> subprocess.CompletedProcess[str]:
    return headrace(
        "bench", "--url", platform.url, "--api-key", api_key, "--seconds", "1", "--rounds", "1",
        "--single-connections", "16", "--batch-connections", "2",
    )  # fmt: skip


def test_a_running_platform_is_measured(platform: Any) -> None:
    operator = ("--url", platform.url, "--api-key", platform.operator_key)
    tenant = answer("tenant", "create", "bench", *operator)
    for _ in range(2):  # its accounts may exist, and no key is used again
        done = bench(platform, tenant["api_key"])
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        for name in HEADRACE:
            assert told[name].keys() == {"rps", "p50_ms", "p99_ms"}
            assert told[name]["rps"] > 0
            assert 0 < told[name]["p50_ms"] <= told[name]["p99_ms"]
        assert told["batch"]["rps"] > told["single"]["rps"]
        assert told["ratios"].keys() == {"batch_hot_vs_batch"}
        assert told["idle"]["p50_ms"] > 0
        assert 0.2 < told["crossing_share"] < 0.8
        assert 0 <= told["risk_degraded_share"] <= 1
        assert told.keys().isdisjoint({"noop", "baseline", "memory_mib", "start_s", "verify"})
        assert "Payments over HTTP" in done.stderr
        assert " not paid" not in done.stderr
    assert answer("verify", "--data-dir", str(platform.data_dir))["result"] == "pass"


def test_a_key_that_may_not_open_accounts_is_refused_in_words(platform: Any) -> None:
    done = bench(platform, "hr_unknown")
    assert done.returncode == 1
    assert "401" in done.stderr
    assert "Traceback" not in done.stderr
