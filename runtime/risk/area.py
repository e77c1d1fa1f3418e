"""What risk keeps in the database: nothing so far, it reads the journal."""

from headrace.runtime.database.area import Area

RISK = Area("headrace.runtime.risk")
