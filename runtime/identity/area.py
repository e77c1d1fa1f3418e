"""What identity keeps in the database: tenants and their API keys."""

from headrace.runtime.database.area import Area

IDENTITY = Area("headrace.runtime.identity")
