"""Ways to damage a ledger by SQL, and what goes red for each (played.py has the scene)."""

from support.damages.of_events import OF_EVENTS
from support.damages.of_payments import OF_PAYMENTS
from support.damages.of_records import OF_RECORDS
from support.damages.of_schema import OF_SCHEMA

DAMAGES = {**OF_RECORDS, **OF_PAYMENTS, **OF_EVENTS, **OF_SCHEMA}
