"""What `headrace verify` takes for the schema is what the migrations make."""

from importlib.resources import as_file, files

from headrace.runtime.database.connect import connect
from headrace.runtime.ledger.verify.schema import FILE, describe


async def test_the_schemas_description_is_that_of_a_fresh_ledger(settings):
    """Writes it anew when a migration has changed it: look at the difference and commit it."""
    connection = await connect(settings.ledger)
    try:
        found = "\n".join(await describe(connection)) + "\n"
    finally:
        await connection.close()
    with as_file(files("headrace.runtime.ledger") / FILE) as path:
        known = path.read_text("utf-8")
        if known != found:
            path.write_text(found, "utf-8")
    assert known == found, f"{FILE} was written anew: look at what changed in it"
