"""Figures of the overload, of the five months and of the million accounts."""

from pathlib import Path

import pytest

from headrace.cluster.local.daemon import Status
from headrace.cluster.local.processes import Process
from headrace.cluster.local.state import State
from headrace.loadtests.load.http_load import percentile_ms
from headrace.loadtests.million_accounts import Batches
from headrace.loadtests.overload.offer import Offered
from headrace.loadtests.overload.probe import recovered_after_s
from headrace.loadtests.platform_under_load import RunError, actor_memory_mib, partition_sums

REFUSED = float("inf")


def test_the_platform_is_back_with_the_first_of_five_normal_answers() -> None:
    took = [REFUSED, 0.01, 0.01, 0.5, 0.01, 0.02, 0.01, 0.02, 0.01, 0.01]
    probes = [(turn / 10, seconds) for turn, seconds in enumerate(took)]
    assert recovered_after_s(probes, normal_s=0.02) == 0.4
    assert recovered_after_s(probes, normal_s=0.5) == 0.1


def test_a_platform_that_stays_slow_is_not_back() -> None:
    assert recovered_after_s([(0.0, 0.01)] * 4 + [(0.1, 1.0)] * 9, normal_s=0.02) is None


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50.0), (0.99, 99.0), (1, 100.0)])
def test_a_percentile_is_the_latency_that_the_share_did_not_exceed(
    share: float, expected: float
) -> None:
    assert percentile_ms([n / 1000 for n in range(100, 0, -1)], share) == expected


def test_nothing_measured_is_no_latency() -> None:
    assert percentile_ms([], 0.5) == 0.0


def test_what_was_sent_includes_what_got_no_answer() -> None:
    offered = Offered(statuses={"201": 5, "429": 3}, failed=2)
    assert (offered.sent, offered.refused) == (10, 3)


def test_figures_of_all_actors_are_added_up() -> None:
    text = (
        "# HELP headrace_partition_queue queue\n"
        'headrace_partition_queue{actor="account-partition-0"} 2.0\n'
        'headrace_partition_queue{actor="account-partition-1"} 3.0\n'
        'headrace_partition_payments_total{actor="account-partition-0"} 7.0\n'
        'headrace_gateway_taken{what="payments"} 9.0\n'
    )
    assert partition_sums(text) == {"queue": 5.0, "payments_total": 7.0}


def _status(*parts: tuple[str, float]) -> Status:
    processes = [Process(pid, part, memory, 0.0) for pid, (part, memory) in enumerate(parts)]
    return Status(state=State(pid=1, phase="", url=""), processes=processes)


def test_actors_are_weighed_without_the_rest() -> None:
    status = _status(
        ("PartitionProcess", 100.0), ("PartitionProcess", 50.5), ("Workers", 20.0),
        ("gateway", 90.0), ("PostgreSQL", 400.0),
    )  # fmt: skip
    assert actor_memory_mib(status) == 170.5


def test_a_platform_without_actors_is_no_platform_of_zero_memory() -> None:
    with pytest.raises(RunError, match="no actor"):
        actor_memory_mib(_status(("gateway", 90.0)))


def test_every_account_is_opened_and_touched_by_one_payment() -> None:
    batches = Batches(5_000)
    opened = [item["id"] for _, items in batches.accounts() for item in items]
    paid = [
        party
        for _, items in batches.payments()
        for item in items
        for party in (item["debtor"], item["creditor"])
    ]
    assert len(opened) == len(set(opened)) == 5_000
    assert sorted(paid) == sorted(opened)


def test_paying_again_uses_keys_of_its_own() -> None:
    batches = Batches(5_000)
    first = {item["idempotency_key"] for _, items in batches.payments() for item in items}
    again = [item["idempotency_key"] for _, items in batches.again(100) for item in items]
    assert len(set(again)) == 100
    assert first.isdisjoint(again)


def test_the_readme_of_overload_names_its_commands() -> None:
    text = Path("loadtests/overload/README.md").read_text()
    for module in ("overload", "five_months", "million_accounts"):
        assert f"python -m headrace.loadtests.{module}" in text
