"""A platform is believed to be at rest when all of its actors say so."""

from collections.abc import Iterable

import pytest

from headrace.loadtests import platform_under_load
from headrace.loadtests.load.address import Address
from headrace.loadtests.platform_under_load import Platform, RunError


def told(**open_legs: int) -> str:
    """/metrics of the actors that answer in time."""
    return "".join(
        f'headrace_partition_ready{{actor="account-partition-{name}"}} 1.0\n'
        f'headrace_partition_open_legs{{actor="account-partition-{name}"}} {count}.0\n'
        for name, count in open_legs.items()
    )


LOADING = told(a=0) + 'headrace_partition_ready{actor="account-partition-b"} 0.0\n'


class Scraped(Platform):
    """Tells these, then the last of them again and again."""

    def __init__(self, texts: Iterable[str], actors: int = 1) -> None:
        super().__init__(Address("127.0.0.1", 1, ""), actors)
        self.texts = list(texts)

    async def _metrics(self) -> str:
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_under_load, "POLL_S", 0)


@pytest.mark.parametrize("partly", [told(a=0), told(b=0), LOADING, ""])
async def test_an_actor_that_says_nothing_is_not_at_rest(partly: str) -> None:
    asked = Scraped([partly, told(a=0, b=3), partly, told(a=0, b=0)], actors=2)
    await asked.settled()
    assert asked.texts == [told(a=0, b=0)]


async def test_figures_are_those_of_every_actor() -> None:
    asked = Scraped([told(a=1), told(a=1, b=2)], actors=2)
    assert (await asked.figures())["open_legs"] == 3


async def test_as_many_as_ever_answered_are_waited_for_when_nobody_said_how_many() -> None:
    asked = Scraped([told(a=0, b=0, c=0), told(a=0, c=0), told(a=0, b=1, c=0)])
    await asked.figures()
    assert (await asked.figures())["open_legs"] == 1


async def test_an_actor_that_never_answers_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_under_load, "SETTLE_TIMEOUT_S", 0.01)
    with pytest.raises(RunError, match="1 of 2 actors"):
        await Scraped([told(a=0)], actors=2).settled()
