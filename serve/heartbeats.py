"""Decides which silent actor is to be replaced. Times are the watcher's, in seconds of one clock.

Silence says that an actor is stuck only while the watcher itself runs on time: on a machine that
starves, everybody is late, and a successor beside a healthy actor makes it worse.
"""

from headrace.actors.heartbeat import Heartbeat, State
from headrace.runtime.settings.cell import CellSettings


class _Actor:
    """What was heard of one."""

    __slots__ = ("asked_at", "asked_awake_s", "incarnation", "started")

    def __init__(self) -> None:
        self.incarnation = ""
        self.started = False
        self.asked_at = self.asked_awake_s = -1.0
        """When the question went out that is not answered yet; negative: there is none."""


class Heartbeats:
    """Told of every question and answer, and of each `tick` of the watcher, one every
    `heartbeat_look_s`.

    One actor is replaced at a time: the next one when its successor has started, or has taken
    `actor_start_timeout_s`.
    """

    def __init__(self, settings: CellSettings, many: int, now: float) -> None:
        self._actors = [_Actor() for _ in range(many)]
        self._settings = settings
        self._timeout_s = settings.heartbeat_timeout_s
        self._tick_s = settings.heartbeat_look_s
        self._ticked_at = now
        self._awake_s = 0.0
        """How long the watcher has run, without the time in which it was late."""
        self._late_until = now
        self._replaced: int | None = None
        self._replaced_at = now

    def tick(self, now: float) -> None:
        """The watcher has woken up. After it was late it has to be on time for as long as an actor
        may be silent before it judges anybody."""
        took_s = now - self._ticked_at
        self._ticked_at = now
        if took_s > self._tick_s + self._settings.heartbeat_late_s:
            self._awake_s += self._tick_s
            self._late_until = now + self._timeout_s
        else:
            self._awake_s += took_s

    def asked(self, index: int, now: float) -> None:
        """A question has gone out."""
        actor = self._actors[index]
        actor.asked_at, actor.asked_awake_s = now, self._awake_s

    def answered(self, index: int, heartbeat: Heartbeat) -> None:
        """It was answered."""
        actor = self._actors[index]
        actor.asked_at = -1.0
        actor.incarnation = heartbeat.incarnation
        actor.started = heartbeat.state is not State.STARTING
        if actor.started and self._replaced == index:
            self._replaced = None

    def restarting(self, index: int) -> None:
        """Ray says that the worker is gone, or can't be reached, and starts it again: it is given
        the time of a new one."""
        self._actors[index] = _Actor()

    def replaced(self, index: int, now: float) -> None:
        """It has got a successor."""
        self._actors[index] = _Actor()
        self._replaced, self._replaced_at = index, now

    def to_replace(self, now: float) -> int | None:
        """Who has been silent for longest and for too long, if anybody may be replaced now."""
        if (
            self._replaced is not None
            and now - self._replaced_at < self._settings.actor_start_timeout_s
        ):
            return None
        silent = [
            (actor.asked_at, index)
            for index, actor in enumerate(self._actors)
            if actor.asked_at >= 0 and self._stuck(actor, now)
        ]
        return min(silent)[1] if silent else None

    def _stuck(self, actor: _Actor, now: float) -> bool:
        if now - actor.asked_at > 2 * self._settings.actor_start_timeout_s:
            return True
        if now < self._late_until:
            return False
        patience_s = self._timeout_s if actor.started else self._settings.actor_start_timeout_s
        return self._awake_s - actor.asked_awake_s > patience_s
