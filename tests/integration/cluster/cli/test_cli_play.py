from typing import Any

from headrace.cluster.cli.client import Api
from headrace.cluster.cli.play import payments, play


async def test_a_sample_is_played_with_new_payments_each_time(small_platform: Any) -> None:
    async with small_platform.served() as url, Api(url, "key") as api:
        first = await play(api, 1_200, seed=1)
        again = await play(api, 1_200, seed=1)
        other = await play(api, 100, seed=2)
    assert first.complete
    assert (first.submitted, first.replayed) == (1_200, 0)
    assert first.as_json()["settled"] > 1_100
    assert (again.submitted, again.replayed) == (1_200, 1_200)
    assert (other.submitted, other.replayed) == (100, 0)


def test_a_longer_sample_goes_on_for_days() -> None:
    items = [item for mapped in payments(12_000, seed=3) for item in mapped.items if item]
    assert len({item.idempotency_key for item in items}) == 12_000
    times = [item.occurred_at or "" for item in items]
    assert times == sorted(times)
    assert times[0][:10] < times[-1][:10]
