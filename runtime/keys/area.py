"""What keys keep in the database: those of the subjects of personal text."""

from headrace.runtime.database.area import Area

KEYS = Area("headrace.runtime.keys")
