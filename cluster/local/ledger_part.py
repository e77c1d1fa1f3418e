"""The ledger, brought to this version's form, with the first keys in it."""

from headrace.cluster.local import credentials, master_key
from headrace.cluster.local.part import Part
from headrace.runtime.database.migrate import migrate


class Ledger(Part):
    """Has no process of its own."""

    name = "ledger"
    phase = "starting Ray and migrating the ledger"
    after = ("PostgreSQL",)

    async def start(self) -> None:
        site = self.site
        await migrate(site.settings.ledger, site.settings.cell.partitions)
        await master_key.ensure(site.settings, site.data_dir)
        site.keys = await credentials.ensure(site.settings, site.data_dir, site.url)
