"""What risk knows of a payment when it is decided: nothing later, nothing labelled.

Amounts are in hundreds of minor units: 1.0 is one euro, one dollar, 100 yen, a tenth of a dinar.
That is the same order of money in most currencies, and no currency needs a rate. Where it is
not, the ratios to an account's own habit still hold.
"""

import numpy as np
from numpy.typing import NDArray

from headrace.runtime.clock import DAY_US
from headrace.runtime.risk.windows import EMPTY, STATE, WINDOWS_DAYS, Windows, observed

FEATURES = (
    "amount",
    "hour",
    "weekday",
    "night",
    "debtor_count_1d",
    "debtor_count_7d",
    "debtor_count_30d",
    "creditor_count_1d",
    "creditor_count_7d",
    "creditor_count_30d",
    "debtor_average_1d",
    "debtor_average_7d",
    "debtor_average_30d",
    "creditor_average_1d",
    "creditor_average_7d",
    "creditor_average_30d",
    "debtor_pace",
    "creditor_pace",
    "amount_over_debtor_habit",
    "amount_over_creditor_habit",
)
"""Columns of the matrix, in order. All times are UTC; weekday 0 is Monday; night is 0 to 6 h.

count_W, average_W: of the account's earlier payments in a window (runtime/risk/windows.py), this
    payment not among them; 0 when there were none.
pace: the last day's rate over the last 30 days' rate, both corrected for an account that has not
    been seen for so long; 1 when nothing is known.
amount_over_habit: the amount over average_30d; 1 when nothing is known.
"""

_WINDOWS_US = np.array(WINDOWS_DAYS) * float(DAY_US)
_LONG_DAYS = WINDOWS_DAYS[-1]
_FAINT = 1e-9
"""A count that has decayed below this is none."""

Matrix = NDArray[np.float32]


class FeatureBatch:
    """The rows of one micro-batch. A debtor's earlier payments in the batch count in its later
    ones, as if they were accepted; a creditor's count once they have been observed."""

    __slots__ = ("_amounts", "_earlier", "_states", "_times")

    def __init__(self) -> None:
        self._amounts: list[int] = []
        self._times: list[int] = []
        self._states: list[bytes] = []
        self._earlier: dict[Windows, tuple[bytes, int, int]] = {}

    def __len__(self) -> int:
        return len(self._amounts)

    def add(
        self, amount: int, occurred_at_us: int, debtor: Windows, creditor: Windows | None
    ) -> None:
        """One payment: amount in minor units, microseconds of UTC; windows are not changed."""
        earlier = self._earlier.get(debtor)
        state = debtor.state if earlier is None else observed(*earlier)
        self._earlier[debtor] = (state, occurred_at_us, amount)
        self._amounts.append(amount)
        self._times.append(occurred_at_us)
        self._states += (state, EMPTY if creditor is None else creditor.state)

    def matrix(self) -> Matrix:
        """C-ordered float32 of (rows, len(FEATURES))."""
        return _matrix(
            np.array(self._amounts, np.int64),
            np.array(self._times, np.int64),
            np.frombuffer(b"".join(self._states), STATE).reshape(-1, 2),
        )


def features(
    amount: int, occurred_at_us: int, debtor: Windows, creditor: Windows | None
) -> tuple[float, ...]:
    """A single payment's FEATURES. A FeatureBatch costs a fiftieth of this a row."""
    batch = FeatureBatch()
    batch.add(amount, occurred_at_us, debtor, creditor)
    return tuple(batch.matrix()[0].tolist())


def _matrix(
    amounts: NDArray[np.int64], at: NDArray[np.int64], accounts: NDArray[np.void]
) -> Matrix:
    """`accounts`, of STATE, is (n, 2): debtor, creditor."""
    n = len(at)
    amount = amounts / 100.0
    since = accounts["since"]
    now = np.maximum(at[:, None], accounts["last"])
    decay = np.exp((accounts["last"] - now)[:, :, None] / _WINDOWS_US)
    counts = accounts["counts"] * decay
    seen = counts > _FAINT
    averages = np.divide(
        accounts["amounts"] * decay, counts * 100.0, out=np.zeros_like(counts), where=seen
    )
    age_days = np.maximum((now - since) / DAY_US, 1.0)
    rate = counts[:, :, 0] / -np.expm1(-age_days)
    long_rate = counts[:, :, 2] / (-_LONG_DAYS * np.expm1(-age_days / _LONG_DAYS))
    known = seen[:, :, 2]
    one = np.ones((n, 2))

    out = np.empty((n, len(FEATURES)), np.float32)
    out[:, 0] = amount
    seconds = at // 1_000_000
    out[:, 1] = seconds % 86_400 / 3600.0
    out[:, 2] = (seconds // 86_400 + 3) % 7
    out[:, 3] = out[:, 1] < 6
    out[:, 4:10] = counts.reshape(n, 6)
    out[:, 10:16] = averages.reshape(n, 6)
    out[:, 16:18] = np.divide(rate, long_rate, out=one.copy(), where=known)
    out[:, 18:20] = np.divide(amount[:, None], averages[:, :, 2], out=one, where=known)
    return out
