"""What `headrace verify` takes for the schema is what the migrations make."""

from importlib.resources import as_file, files

from headrace.runtime.areas import AREAS
from headrace.runtime.database.connect import connect
from headrace.runtime.database.migrate import migrate
from headrace.runtime.verify.schema import describe


async def test_each_areas_description_is_what_its_migrations_add_to_a_fresh_ledger(settings):
    """Writes it anew when a migration has changed it: look at the difference and commit it."""
    connection = await connect(settings.ledger)
    changed = []
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        version, *before = await describe(connection)
        for count, area in enumerate(AREAS, 1):
            await migrate(settings.ledger, AREAS[:count], settings.cell.partitions)
            _, *after = await describe(connection)
            assert set(before) <= set(after), f"{area.name} changes what earlier areas made"
            added = [line for line in after if line not in set(before)]
            before = after
            if area.schema() != (found := [version, *added] if added else []):
                changed.append(area.name)
                with as_file(files(area.package) / "schema.txt") as path:
                    path.write_text("\n".join([*found, ""]), "utf-8")
    finally:
        await connection.close()
    assert changed == [], "schema.txt of these areas was written anew: look at what changed in it"
