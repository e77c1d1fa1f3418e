"""What the database has before any area: facts about the platform, and names of small numbers."""

from secrets import token_hex

from headrace.runtime.database.area import Area
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load

SQL = load("headrace.runtime.database", "platform")


async def _found(connection: Connection, partitions: int) -> None:
    await connection.execute(SQL["write_partitions"], str(partitions))
    await connection.execute(SQL["write_ledger"], token_hex(4))


DATABASE = Area("headrace.runtime.database", founding=_found)
