"""Who is replaced, from what was heard and when: one second is a number here."""

from headrace.actors.heartbeat import Heartbeat, State
from headrace.runtime.settings.cell import CellSettings
from headrace.serve.heartbeats import Heartbeats

SETTINGS = CellSettings()
TIMEOUT_S, TICK_S = SETTINGS.heartbeat_timeout_s, SETTINGS.heartbeat_look_s
LATE_S, START_TIMEOUT_S = SETTINGS.heartbeat_late_s, SETTINGS.actor_start_timeout_s


class Watch:
    """Actors that answer at once unless they are `silent`; each is asked at every tick."""

    def __init__(self, actors: int) -> None:
        self.now = 100.0
        self.heartbeats = Heartbeats(CellSettings(), actors, self.now)
        self.incarnation = ["first"] * actors
        self.state = [State.READY] * actors
        self.silent: set[int] = set()
        self._waiting: set[int] = set()

    def run(self, seconds: float, tick_s: float = TICK_S) -> list[int]:
        """Who was replaced meanwhile; its successor answers."""
        replaced = []
        end = self.now + seconds
        while self.now < end:
            self.now += tick_s
            self.heartbeats.tick(self.now)
            for index in range(len(self.state)):
                if index not in self._waiting:
                    self.heartbeats.asked(index, self.now)
                    self._waiting.add(index)
                if index not in self.silent:
                    self._waiting.discard(index)
                    heartbeat = Heartbeat(self.incarnation[index], self.state[index])
                    self.heartbeats.answered(index, heartbeat)
            if (index := self.heartbeats.to_replace(self.now)) is not None:
                replaced.append(index)
                self.heartbeats.replaced(index, self.now)
                self._waiting.discard(index)
        return replaced


def test_an_actor_that_is_stopped_is_replaced() -> None:
    watch = Watch(2)
    watch.run(1)
    watch.silent = {1}
    assert watch.run(TIMEOUT_S) == []
    assert watch.run(1) == [1]


def test_healthy_actors_on_a_starved_machine_are_not_replaced() -> None:
    watch = Watch(3)
    watch.run(1)
    watch.silent = {0, 1, 2}
    assert watch.run(30, tick_s=TICK_S + LATE_S + 0.1) == []
    watch.silent = set()
    assert watch.run(10) == []


def test_the_watcher_must_be_on_time_again_before_it_judges() -> None:
    watch = Watch(1)
    watch.run(1)
    watch.silent = {0}
    watch.run(2.75)
    assert watch.run(20, tick_s=20) == []
    assert watch.run(TIMEOUT_S - TICK_S) == []
    assert watch.run(2 * TICK_S) == [0]


def test_one_is_replaced_at_a_time() -> None:
    watch = Watch(3)
    watch.run(1)
    watch.silent = {0, 1, 2}
    assert watch.run(20) == [0]
    watch.silent = {1, 2}
    assert watch.run(1) == [1]


def test_a_successor_that_never_comes_does_not_keep_the_others_waiting_for_ever() -> None:
    watch = Watch(2)
    watch.run(1)
    watch.silent = {0, 1}
    assert watch.run(2 * TIMEOUT_S) == [0]
    assert watch.run(START_TIMEOUT_S) == [1]


def test_a_successor_has_the_time_of_a_new_actor() -> None:
    watch = Watch(1)
    watch.run(1)
    watch.silent = {0}
    assert watch.run(4) == [0]
    assert watch.run(START_TIMEOUT_S - 5) == []
    assert watch.run(10) == [0]


def test_a_worker_that_ray_starts_again_has_the_time_of_a_new_one() -> None:
    watch = Watch(1)
    watch.run(1)
    watch.heartbeats.restarting(0)
    watch._waiting.clear()
    watch.silent = {0}
    assert watch.run(START_TIMEOUT_S - 1) == []
    assert watch.run(2) == [0]


def test_a_new_incarnation_that_still_loads_has_the_time_of_a_new_one() -> None:
    watch = Watch(1)
    watch.run(1)
    watch.incarnation[0], watch.state[0] = "second", State.STARTING
    watch.run(1)
    watch.silent = {0}
    assert watch.run(START_TIMEOUT_S - 1) == []
    assert watch.run(2) == [0]


def test_an_actor_that_stands_by_is_not_stuck() -> None:
    watch = Watch(1)
    watch.state[0] = State.STANDING_BY
    assert watch.run(1_000) == []


def test_a_watcher_that_is_always_late_replaces_at_last() -> None:
    watch = Watch(1)
    watch.run(1)
    watch.silent = {0}
    assert watch.run(2 * START_TIMEOUT_S + 5, tick_s=1.0) == [0]


def test_a_start_on_a_starved_machine_is_not_counted_against_the_actor() -> None:
    watch = Watch(1)
    watch.silent = {0}
    watch.run(START_TIMEOUT_S - 10, tick_s=10)
    assert watch.run(START_TIMEOUT_S - 5) == []
    assert watch.run(10) == [0]
