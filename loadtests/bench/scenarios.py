"""What is measured: a kind of load on one of the services."""

from typing import Literal

from msgspec import Struct

Subject = Literal["noop", "noop_early", "headrace", "baseline"]

BATCH = 1_000
"""Payments in one request of the batch scenarios."""
SINGLE_CONNECTIONS, BATCH_CONNECTIONS = 256, 8
"""Enough clients for batches to form, few enough for answers within 0.1 s."""


class Scenario(Struct, frozen=True):
    """Named as in the figures: `baseline.loop` is `loop` under `baseline`, and what an expert can
    make of that service stands under `expert`."""

    name: str
    subject: Subject
    batch: bool = False
    hot: bool = False
    path: str = ""
    """Empty: Headrace's own for the kind of load."""

    @property
    def payments_per_request(self) -> int:
        return BATCH if self.batch else 1

    @property
    def request_path(self) -> str:
        return self.path or ("/v1/payment-batches" if self.batch else "/v1/payments")


LOOP, BULK = "/v1/payment-batches/loop", "/v1/payment-batches/bulk"
AT_ONCE, OPTIMISTIC = "/v1/payments/at-once", "/v1/payment-batches/optimistic-bulk"
ROUND = (
    Scenario("noop", "noop"),
    Scenario("noop_early", "noop_early"),
    Scenario("single", "headrace"),
    Scenario("baseline.single", "baseline"),
    Scenario("expert.single", "baseline", path=AT_ONCE),
    Scenario("batch", "headrace", batch=True),
    Scenario("baseline.loop", "baseline", batch=True, path=LOOP),
    Scenario("baseline.bulk", "baseline", batch=True, path=BULK),
    Scenario("expert.bulk", "baseline", batch=True, path=OPTIMISTIC),
    Scenario("single_hot", "headrace", hot=True),
    Scenario("baseline.single_hot", "baseline", hot=True),
    Scenario("batch_hot", "headrace", batch=True, hot=True),
    Scenario("baseline.bulk_hot", "baseline", batch=True, hot=True, path=BULK),
)
"""The services take turns, so that what the machine does meanwhile falls on all of them."""
