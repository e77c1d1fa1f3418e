"""The reference lists every type of events with its meaning, and a stream takes each of them."""

import re

from headrace.runtime.events.event import types_of
from headrace.runtime.journal.telling import EVENTS
from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.reference.pages import reference


def test_every_type_is_listed_with_its_meaning_and_nothing_else_is() -> None:
    page = reference(DOORS).docs
    listed = re.findall(r"<li><code>((?:payment|account)\.\w+)</code>: (.+?)</li>", page)
    assert [type for type, _ in listed] == list(EVENTS)
    assert types_of(type for type, _ in listed) == set(EVENTS)
    assert len({meaning for _, meaning in listed}) == len(listed)


def test_nobody_hears_of_how_a_payment_crossed() -> None:
    told = reference(DOORS).docs + reference(DOORS).openapi.decode()
    for word in ("payment.completed", "payment.debited", "refund_debited", "credited"):
        assert word not in told
