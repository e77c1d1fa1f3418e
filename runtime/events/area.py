"""What events keep in the database: where streams of them stood."""

from headrace.runtime.database.area import Area
from headrace.runtime.database.check import by_sql

EVENTS = Area("headrace.runtime.events", checks=by_sql("headrace.runtime.events", ("verify",)))
