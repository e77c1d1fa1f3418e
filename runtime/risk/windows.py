"""What risk remembers of an account: 64 bytes, however many payments it has seen.

For each window W of 1, 7 and 30 days a count and a sum of amounts decay exponentially. With
observations (t_i, a_i) the values at a moment t are

    count_W(t) = sum over i of exp(-(t - t_i) / W)
    amount_W(t) = sum over i of a_i * exp(-(t - t_i) / W)

which needs only the values at the newest observation: on the next one, dt later,
count = count * exp(-dt / W) + 1 and amount = amount * exp(-dt / W) + a. A steady rate of r a day
comes to count_W = r * W (in days) once the account is much older than W.

The sums do not depend on the order of observations: one that comes late counts as much as it
would by now had it come in time. Two files played at once, or partitions that report to a shared
store at their own pace, cannot make an account look busier than it is. Values asked for a moment
before the newest observation are those at the newest observation.
"""

from collections.abc import Iterable
from math import exp
from struct import Struct

import numpy as np
from numpy.typing import NDArray

WINDOWS_DAYS = (1, 7, 30)

STATE = np.dtype(
    [("since", "<i8"), ("last", "<i8"), ("counts", "<f8", (3,)), ("amounts", "<f8", (3,))]
)
"""A state as numpy reads it: earliest and newest observation in microseconds of UTC (0: none), then
counts and amounts (minor units) as they stood at the newest one, for each of WINDOWS_DAYS."""

EMPTY = bytes(STATE.itemsize)
"""The state of an account that has seen nothing."""

_state = Struct("<qq6d")
_unpack = _state.unpack
_pack = _state.pack
_PER_1_DAY = 1 / 86_400_000_000
_PER_7_DAYS = _PER_1_DAY / 7
_PER_30_DAYS = _PER_1_DAY / 30


def observed(state: bytes, at_us: int, amount: int) -> bytes:
    """The state after one more payment of `amount` at `at_us`; the given one stays as it is."""
    since, last, c1, c7, c30, a1, a7, a30 = _unpack(state)
    dt = last - at_us
    if not since:
        return _pack(at_us, at_us, 1.0, 1.0, 1.0, amount, amount, amount)
    if dt > 0:
        e1, e7, e30 = exp(-dt * _PER_1_DAY), exp(-dt * _PER_7_DAYS), exp(-dt * _PER_30_DAYS)
        return _pack(
            min(since, at_us), last,
            c1 + e1, c7 + e7, c30 + e30,
            a1 + amount * e1, a7 + amount * e7, a30 + amount * e30,
        )  # fmt: skip
    e1, e7, e30 = exp(dt * _PER_1_DAY), exp(dt * _PER_7_DAYS), exp(dt * _PER_30_DAYS)
    return _pack(
        since, at_us,
        c1 * e1 + 1, c7 * e7 + 1, c30 * e30 + 1,
        a1 * e1 + amount, a7 * e7 + amount, a30 * e30 + amount,
    )  # fmt: skip


def merged(one: bytes, other: bytes) -> bytes:
    """The state that has seen what both have."""
    if one == EMPTY:
        return other
    if other == EMPTY:
        return one
    newer, older = (one, other) if _unpack(one)[1] >= _unpack(other)[1] else (other, one)
    since, last, c1, c7, c30, a1, a7, a30 = _unpack(newer)
    since_o, last_o, d1, d7, d30, b1, b7, b30 = _unpack(older)
    dt = last_o - last
    e1, e7, e30 = exp(dt * _PER_1_DAY), exp(dt * _PER_7_DAYS), exp(dt * _PER_30_DAYS)
    return _pack(
        min(since, since_o), last,
        c1 + d1 * e1, c7 + d7 * e7, c30 + d30 * e30,
        a1 + b1 * e1, a7 + b7 * e7, a30 + b30 * e30,
    )  # fmt: skip


def states_of(observations: NDArray[np.int64]) -> list[tuple[int, bytes]]:
    """Account and state for each account among the observations, by themselves.

    `observations` is (n, 3): account, microseconds above 0, amount in minor units; in any order.
    """
    if not len(observations):
        return []
    account, at, amount = observations[np.argsort(observations[:, 0], kind="stable")].T
    starts = np.flatnonzero(np.r_[True, account[1:] != account[:-1]])
    last = np.maximum.reduceat(at, starts)
    sizes = np.diff(np.r_[starts, len(at)])
    age_days = (at - np.repeat(last, sizes)) * _PER_1_DAY
    weights = np.exp(age_days[:, None] / np.array(WINDOWS_DAYS))
    states = np.empty(len(starts), STATE)
    states["since"] = np.minimum.reduceat(at, starts)
    states["last"] = last
    states["counts"] = np.add.reduceat(weights, starts)
    states["amounts"] = np.add.reduceat(weights * amount[:, None], starts)
    return [(int(n), state.tobytes()) for n, state in zip(account[starts], states, strict=True)]


class Windows:
    """An account's windows. The state is replaced, never changed: keep it to go back to it."""

    __slots__ = ("state",)

    def __init__(self, state: bytes = EMPTY) -> None:
        self.state = state

    def observe(self, at_us: int, amount: int) -> None:
        """Counts a payment of `amount` minor units taken at `at_us` (microseconds, above 0)."""
        self.state = observed(self.state, at_us, amount)

    @classmethod
    def folded(cls, rows: Iterable[tuple[int, int]]) -> "Windows":
        """The windows after (amount, occurred_at) of journal rows, in their order."""
        state = EMPTY
        for amount, occurred_at in rows:
            state = observed(state, occurred_at, amount)
        return cls(state)

    @property
    def since_us(self) -> int:
        """When the earliest observation was; 0 before there is one."""
        since: int = _unpack(self.state)[0]
        return since

    def values(self, at_us: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Counts and amounts (minor units) of the windows at a moment."""
        _, last, *values = _unpack(self.state)
        days = max(at_us - last, 0) * _PER_1_DAY
        decayed = tuple(v * exp(-days / w) for v, w in zip(values, WINDOWS_DAYS * 2, strict=True))
        return decayed[:3], decayed[3:]
