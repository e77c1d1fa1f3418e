"""Which keys are looked up before their batch is decided, and what comes of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from headrace.actors.known_keys import KnownKeys, answer_refused_again
from headrace.runtime.ledger import load
from headrace.runtime.payments.answer import Answer, Done, LegsDone, Refused
from headrace.runtime.payments.command import Act, Command, Fund, OpenAccount, Pay, PostLegs
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.partition import PartitionSettings

REPEATS_S = PartitionSettings().key_repeats_s

EUR = 978
FIRST = Done(1, 4, 99, bytes(16), 3)
REUSED = Refused(Refusal.KEY_REUSED)


class Asked:
    """A call, answered command by command."""

    def __init__(self) -> None:
        self.answers: dict[int, Answer] = {}

    def answer(self, index: int, answer: Answer) -> None:
        assert index not in self.answers
        self.answers[index] = answer


class Scene:
    """Some keys are in the ledger, all with fingerprint 1; time stands still."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.known: set[tuple[int, str]] = set()
        self.looked_up: list[list[tuple[int, str]]] = []
        self.keys = KnownKeys(REPEATS_S, lambda: self.now)

    async def look_up(self, reader: object, wanted: Sequence[tuple[int, str]]) -> dict[Any, Any]:
        self.looked_up.append(list(wanted))
        return {key: (1, FIRST) for key in wanted if key in self.known}

    async def come(self, *commands: Command) -> tuple[dict[int, Answer], list[Command]]:
        """Answers by index, and what is left to be decided."""
        asked = Asked()
        items = [(command, asked, index) for index, command in enumerate(commands)]
        rest = await self.keys.answer(None, items)  # what is asked of it is handed out above
        return asked.answers, [item[0] for item in rest]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene()
    monkeypatch.setattr(load, "keys", scene.look_up)
    return scene


def pay(key: str, tenant: int = 1, fingerprint: int = 1) -> Pay:
    return Pay(tenant, "anna", "shop", 5, EUR, key, fingerprint)


def items(*commands: Command) -> list[Any]:
    return [(command, None, 0) for command in commands]


async def test_new_keys_are_not_looked_up(scene: Scene) -> None:
    commands = [pay("a"), pay("b")]
    assert await scene.come(*commands) == ({}, commands)
    assert scene.looked_up == []


async def test_while_nobody_repeats_commands_are_not_even_looked_at(scene: Scene) -> None:
    """Every batch comes this way, and a look at each key would cost it as much as the answer."""
    unlooked: list[Any] = [object(), object()]
    assert await scene.keys.answer(None, unlooked) is unlooked


async def test_what_was_rolled_back_is_looked_up_and_nothing_else_is(scene: Scene) -> None:
    scene.known = {(1, "a"), (1, "c")}
    scene.keys.rolled_back(items(pay("a"), pay("b"), OpenAccount(1, "x", EUR)))
    answers, rest = await scene.come(pay("b"), pay("a"), pay("c", 2))
    assert scene.looked_up == [[(1, "b"), (1, "a")]]
    (again,) = answers.values()
    assert (list(answers), again.replayed, again.seq) == ([1], True, 4)
    assert rest == [pay("b"), pay("c", 2)]


async def test_what_was_looked_up_once_is_no_doubt_any_more(scene: Scene) -> None:
    scene.keys.rolled_back(items(pay("a")))
    await scene.come(pay("a"))
    await scene.come(pay("a"))
    assert len(scene.looked_up) == 1


async def test_the_doubtful_are_remembered_until_they_come(scene: Scene) -> None:
    scene.keys.rolled_back(items(pay("a"), pay("b")))
    assert await scene.come(pay("c")) == ({}, [pay("c")])
    assert scene.looked_up == []
    await scene.come(pay("a"))
    await scene.come(pay("b"))
    assert scene.looked_up == [[(1, "a")], [(1, "b")]]


async def test_what_was_forgotten_is_not_looked_up(scene: Scene) -> None:
    scene.keys.rolled_back(items(pay("a")))
    scene.keys.forget()
    await scene.come(pay("a"))
    assert scene.looked_up == []


async def test_legs_that_were_rolled_back_are_marked_as_a_repeat(scene: Scene) -> None:
    legs = PostLegs([1], [2])
    scene.keys.rolled_back(items(legs))
    assert legs.again


@pytest.mark.parametrize(
    "command",
    [
        pay("a", fingerprint=2),
        Fund(1, "anna", 5, EUR, "a", 2),
        Act(1, bytes(16), 1, key="a", fingerprint=2),
    ],
)
async def test_a_key_that_was_used_otherwise_is_refused(scene: Scene, command: Command) -> None:
    scene.known = {(1, "a")}
    scene.keys.rolled_back(items(command))
    assert await scene.come(command) == ({0: REUSED}, [])


async def test_a_tenant_that_repeats_is_looked_up_for_ten_seconds(scene: Scene) -> None:
    assert REPEATS_S == 10
    scene.known = {(1, "a")}
    scene.keys.rolled_back(items(pay("a")))
    await scene.come(pay("a"))
    scene.looked_up.clear()
    scene.now += 10
    await scene.come(pay("b"), pay("c", 2), OpenAccount(1, "x", EUR), pay("d"))
    assert scene.looked_up == [[(1, "b"), (1, "d")]], "and nobody else's keys"
    scene.now += 0.001
    await scene.come(pay("e"))
    assert len(scene.looked_up) == 1


async def test_each_repeat_begins_the_ten_seconds_anew(scene: Scene) -> None:
    scene.known = {(1, "a"), (1, "b")}
    scene.keys.rolled_back(items(pay("a")))
    await scene.come(pay("a"))
    scene.now += 9
    answers, _ = await scene.come(pay("b"))
    assert answers[0].replayed
    scene.now += 9
    await scene.come(pay("c"))
    assert scene.looked_up[-1] == [(1, "c")]


async def test_one_tenant_that_stops_repeating_does_not_end_anothers_time(scene: Scene) -> None:
    scene.known = {(1, "a"), (2, "a")}
    scene.keys.rolled_back(items(pay("a"), pay("a", 2)))
    await scene.come(pay("a"))
    scene.now += 6
    await scene.come(pay("a", 2))
    scene.now += 6
    await scene.come(pay("b"), pay("b", 2))
    assert scene.looked_up[-1] == [(2, "b")]


# Refused again


async def refused_again(*commands: Command, answers: list[Any]) -> list[Any]:
    await answer_refused_again(None, items(*commands), answers)
    return answers


CLOSED = Refused(Refusal.UNKNOWN_ACCOUNT)


async def test_what_stood_in_the_way_may_be_what_the_key_did(scene: Scene) -> None:
    scene.known = {(1, "a"), (1, "b"), (1, "d")}
    commands = [pay("a"), pay("b", fingerprint=2), pay("c"), pay("d"), OpenAccount(1, "x", EUR)]
    answers = await refused_again(*commands, answers=[CLOSED, CLOSED, CLOSED, FIRST, CLOSED])
    assert (answers[0].replayed, answers[0].seq) == (True, 4)
    assert answers[1:] == [REUSED, CLOSED, FIRST, CLOSED]
    assert scene.looked_up == [[(1, "a"), (1, "b"), (1, "c")]]


async def test_a_key_that_is_known_to_be_reused_is_not_looked_up(scene: Scene) -> None:
    scene.known = {(1, "a")}
    assert await refused_again(pay("a"), answers=[REUSED]) == [REUSED]
    assert await refused_again(PostLegs([1], [2]), answers=[LegsDone([0])]) == [LegsDone([0])]
    assert scene.looked_up == []
