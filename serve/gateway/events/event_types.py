"""The types of events and what they mean, as the reference lists them."""

from headrace.runtime.events.event import PREFIX
from headrace.runtime.journal.telling import EVENTS

LISTED = (
    f"All types, each behind `{PREFIX}`, and what has happened:\n\n"
    + "\n".join(f"- `{told.type}`: {told.meaning}" for told in EVENTS.values())
    + "\n\nA payment has the same events wherever its accounts live. Money on its way to the"
    " creditor is told when it has arrived, or has come back. Every event of a payment tells its"
    " `debtor`, `creditor`, `reference`, `description` and `metadata`; `idempotency_key` is that of"
    " the request it answers; `amount` is what moved, was held or was given back; and `status` is"
    " the payment's after it. The first one also tells `capture`, `risk` and `occurred_at`."
)
