from datetime import UTC, date, datetime

import numpy as np
import pytest

from headrace.runtime.clock import DAY_US, to_us
from headrace.runtime.risk.generator import AMOUNT_MIN, Scenario, World, WorldSettings

SMALL = WorldSettings(seed=7, customers=400, merchants=120, days=20)


def test_the_same_seed_gives_the_same_payments_and_another_others() -> None:
    rows = list(World(SMALL).rows())
    assert rows == list(World(SMALL).rows())
    other = WorldSettings(seed=8, customers=400, merchants=120, days=20)
    assert rows != list(World(other).rows())


def test_a_day_can_be_drawn_by_itself() -> None:
    whole = list(World(SMALL).days())
    alone = World(SMALL).day(13)
    for column, again in zip(whole[13], alone, strict=True):
        assert np.array_equal(column, again)


def test_payments_are_in_order_in_their_day_and_well_formed() -> None:
    start = to_us(datetime(2025, 1, 6, tzinfo=UTC))
    assert SMALL.start == date(2025, 1, 6)
    for number, day in enumerate(World(SMALL).days()):
        assert (np.diff(day.occurred_at) >= 0).all()
        assert (np.diff(day.transaction_id) == 1).all()
        assert ((day.occurred_at - start) // DAY_US == number).all()
        assert ((day.customer >= 0) & (day.customer < SMALL.customers)).all()
        assert ((day.merchant >= 0) & (day.merchant < SMALL.merchants)).all()
        assert (day.amount >= AMOUNT_MIN).all()


def test_rows_name_accounts_and_agree_with_the_columns() -> None:
    world = World(SMALL)
    day = world.day(0)
    rows = list(day.rows())
    assert [r.amount for r in rows] == day.amount.tolist()
    assert all(r.fraud == (r.scenario != Scenario.NONE) for r in rows)
    assert rows[0].debtor == f"customer-{rows[0].customer}"
    assert rows[0].creditor == f"merchant-{rows[0].merchant}"


def test_all_three_kinds_of_fraud_appear_and_stay_rare() -> None:
    scenario = np.concatenate([d.scenario for d in World(SMALL).days()])
    assert set(scenario.tolist()) == {int(s) for s in Scenario}
    assert 0.001 < (scenario > 0).mean() < 0.05


def test_an_honest_world_has_no_fraud() -> None:
    honest = WorldSettings(seed=7, customers=400, merchants=120, days=5, fraud=0.0)
    assert all(not day.scenario.any() for day in World(honest).days())


def test_people_shop_near_home_and_businesses_pay_like_machines() -> None:
    world = World(WorldSettings(seed=3, customers=2_000, merchants=500, days=7, fraud=0.0))
    habits = world.habits
    days = list(world.days())
    customer = np.concatenate([d.customer for d in days])
    merchant = np.concatenate([d.merchant for d in days])
    at_home = habits.customer_town[customer] == habits.merchant_town[merchant]
    by_chance = (habits.customer_town[customer] == habits.merchant_town[merchant[::-1]]).mean()
    assert at_home.mean() > 3 * by_chance
    paid = np.bincount(customer, minlength=2_000)
    assert paid[habits.business].min() > 5 * np.median(paid[~habits.business])


@pytest.mark.parametrize(("customers", "merchants"), [(1, 1), (2, 1), (50, 3)])
def test_tiny_worlds_work(customers: int, merchants: int) -> None:
    world = World(WorldSettings(customers=customers, merchants=merchants, days=3))
    assert all(t.merchant < merchants for t in world.rows())
