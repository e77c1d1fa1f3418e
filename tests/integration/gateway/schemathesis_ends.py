"""Hooks of schemathesis: times and cursors at their ends, beside what it draws of a form by itself.

Numbers at theirs are what its phase `coverage` tries.
"""

import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

from headrace.runtime.keys import master_key
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.cursors import Cursors

TIMES = [
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00-23:59",
    "1970-01-01T00:00:00Z", "1999-12-31T23:59:60Z", "2038-01-19T03:14:08Z",
    "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59+05:00",
]  # fmt: skip
KEYS = [0, 1, 2**62, 2**63, 2**128 - 1, 2**128]
TENANT = 1
CURSORS = Cursors(
    Tokens(master_key.read(os.environ["TESTS_MASTER_KEY_FILE"]), os.environ["TESTS_LEDGER"])
)
"""Of the ledger that is asked."""
LISTS = {
    "list_accounts": ("accounts",),
    "list_entries": ("entries",),
    "list_payments": ("newest", "of_debtor", "arrived", "with_reference", "in_review"),
}
"""The names in the cursors of each list."""

schemathesis.openapi.format("date-time", st.sampled_from(TIMES))


@schemathesis.hook
def flatmap_query(context: Any, query: Any) -> st.SearchStrategy[Any]:
    """Of a list, one of its pages."""
    operation = context.operation.definition.raw.get("operationId")
    if operation not in LISTS:
        return st.just(query)
    parts = st.tuples(st.sampled_from(LISTS[operation]), st.sampled_from(KEYS))
    return parts.map(
        lambda part: {**(query or {}), "cursor": CURSORS.encode(part[0], TENANT, part[1])}
    )
