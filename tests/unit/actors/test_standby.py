"""When an actor takes back what another Ray cluster has taken."""

from headrace.actors.standby import Absence, Verdict
from headrace.runtime.ledger.fencing import Lease

OLDER, NEWER = "20260101T000000-a", "20260102T000000-a"
GONE_AFTER_S = 4.0
WAIT, CLAIM, SUCCEEDED = Verdict.WAIT, Verdict.CLAIM, Verdict.SUCCEEDED


def leases(*held: tuple[str, bool]) -> list[Lease]:
    """A partition for each (cluster, whether its holder is connected)."""
    return [Lease(n, f"actor-{n}/{cluster}", cluster, lives, 0) for n, (cluster, lives) in
            enumerate(held)]  # fmt: skip


def verdicts(cluster: str, seen: list[Lease], *seconds: float) -> list[Verdict]:
    """Of an actor of a cluster that has lost partition 0."""
    absence = Absence([0], cluster, GONE_AFTER_S)
    return [absence.looked(seen, now) for now in seconds]


def test_what_a_living_cluster_holds_is_not_taken_back() -> None:
    held = leases((NEWER, True), (NEWER, True))
    assert verdicts(OLDER, held, 0, 100, 1_000_000) == [WAIT] * 3


def test_a_newer_cluster_that_was_away_does_not_take_back_either() -> None:
    held = leases((OLDER, True), (OLDER, True))
    assert verdicts(NEWER, held, 0, 100, 1_000_000) == [WAIT] * 3


def test_an_outage_for_good_when_the_other_cluster_is_gone() -> None:
    held = leases((NEWER, False), (NEWER, False))
    assert verdicts(OLDER, held, 0, GONE_AFTER_S - 0.1, GONE_AFTER_S) == [WAIT, WAIT, CLAIM]


def test_a_cluster_that_lost_one_actor_is_not_gone() -> None:
    held = leases((NEWER, False), (NEWER, True))
    assert verdicts(OLDER, held, 0, 100) == [WAIT, WAIT]


def test_connections_lost_for_a_moment_are_no_absence() -> None:
    absence = Absence([0], OLDER, GONE_AFTER_S)
    gone, back = leases((NEWER, False)), leases((NEWER, True))
    assert absence.looked(gone, 0) is WAIT
    assert absence.looked(back, 3) is WAIT
    assert absence.looked(gone, 6) is WAIT
    assert absence.looked(gone, 6 + GONE_AFTER_S) is CLAIM


def test_a_ledger_that_comes_back_gives_its_clients_time() -> None:
    absence = Absence([0], OLDER, GONE_AFTER_S)
    assert absence.looked(leases((NEWER, False)), 0) is WAIT
    absence.look_failed()
    assert absence.looked(leases((NEWER, False)), 60) is WAIT


def test_two_clusters_that_each_hold_a_part_pay_nothing() -> None:
    held = leases((OLDER, True), (NEWER, True))
    assert verdicts(NEWER, held, 0) == [CLAIM]
    assert Absence([1], OLDER, GONE_AFTER_S).looked(held, 0) is WAIT


def test_an_actor_whose_own_cluster_has_its_partitions_has_a_successor() -> None:
    held = leases((OLDER, True), (NEWER, True))
    assert verdicts(OLDER, held, 0) == [SUCCEEDED]
    assert verdicts(OLDER, leases((OLDER, False)), 0) == [SUCCEEDED]
