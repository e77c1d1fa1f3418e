"""Metrics are declared once; what nobody declared, or nobody tells, turns red here."""

import re

import pytest

from headrace.actors.creditor_features import CreditorFeatures
from headrace.actors.creditor_profiles import CreditorProfiles
from headrace.actors.risk_client import RiskClient
from headrace.runtime.metrics.exposition import of_actors
from headrace.runtime.metrics.metric import Area, Kind, Metric, Unit
from headrace.runtime.metrics.registry import AREAS
from headrace.runtime.metrics.risk import CREDITOR_FEATURES, CREDITOR_PROFILES, RISK_CLIENT
from headrace.runtime.settings.risk import RiskSettings

BASE_UNITS = ("_seconds", "_bytes")
NAME = re.compile(r"headrace_[a-z][a-z0-9_]*")


async def nobody(*_: bytes) -> bytes:
    raise OSError("away")


@pytest.mark.parametrize(
    ("area", "told"),
    [
        (RISK_CLIENT, RiskClient(nobody, RiskSettings()).stats()),
        (CREDITOR_FEATURES, CreditorFeatures(nobody, RiskSettings()).stats()),
        (CREDITOR_PROFILES, CreditorProfiles(RiskSettings()).stats()),
    ],
)
def test_what_an_area_counts_is_what_it_declares(area: Area, told: dict[str, float]) -> None:
    assert set(told) == set(area.metrics)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_names_are_as_prometheus_wants_them_and_nobody_elses(area: Area) -> None:
    others = {name for each in AREAS if each is not area for name in each.names()}
    for name, metric in zip(area.names(), area.metrics.values(), strict=True):
        assert NAME.fullmatch(name)
        assert name not in others
        assert name.endswith("_total") == (metric.kind is Kind.COUNTER)
        unit = name.removesuffix("_total")
        assert unit.endswith(BASE_UNITS) == (metric.unit is not Unit.NONE)
        assert metric.help.endswith(".")


def test_every_area_of_an_actor_is_told_in_base_units() -> None:
    told = [
        {"name": "a", "partition": {"commit_us": 2_500_000, "ready": 1, "strange": 9}},
        {"name": "b", "partition": {"ready": 0}, "creditor_features": {"staleness_s": 0.5}},
        {"name": "creditor-profiles", "creditor_profiles": {"read": 3}},
    ]
    samples = {
        (sample.name, sample.labels["actor"]): sample.value
        for family in of_actors(told)
        for sample in family.samples
    }
    assert samples == {
        ("headrace_partition_commit_seconds_total", "a"): 2.5,
        ("headrace_partition_ready", "a"): 1.0,
        ("headrace_partition_ready", "b"): 0.0,
        ("headrace_creditor_features_staleness_seconds", "b"): 0.5,
        ("headrace_creditor_profiles_read_total", "creditor-profiles"): 3.0,
    }


def test_a_metric_in_a_throw_away_area_is_a_line_in_the_registry() -> None:
    toll = Area("toll", ("actor",), Metric("paid", Kind.COUNTER, Unit.NONE, "Tolls paid."))
    (family,) = of_actors([{"name": "gate", "toll": {"paid": 2}}], (*AREAS, toll))
    assert [(s.name, s.value) for s in family.samples] == [("headrace_toll_paid_total", 2.0)]


def test_a_figure_whose_name_hides_its_unit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"toll\.wait: ends in _us"):
        Area("toll", (), Metric("wait", Kind.GAUGE, Unit.MICROSECONDS, "Waited."))
