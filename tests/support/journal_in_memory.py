"""A journal without a database, for streams of its events: answers the statements that they read
and note their places with, as the statements' comments say."""

from collections.abc import Mapping
from typing import Any

from support.rows_of_a_journal import AT, NAMES, journal

from headrace.runtime.clock import from_us
from headrace.runtime.events.checkpoints import SQL as CHECKPOINTS
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.ledger.fencing import SQL as FENCING
from headrace.runtime.ledger.read_events import SQL as READ
from headrace.runtime.ledger.read_payments import SQL as PAYMENTS

Json = dict[str, Any]
STATEMENTS = {
    text: name for sql in (FENCING, PAYMENTS, READ, CHECKPOINTS) for name, text in sql.items()
}


class JournalInMemory:
    """Partitions of records of tenants, each at a time of its own."""

    def __init__(self, partitions: int) -> None:
        self.rows: list[list[Json]] = [[] for _ in range(partitions)]
        self.checkpoints: dict[int, Json] = {}
        self.fails = False
        self._at = AT

    def commit(self, partition: int, tenant: int = 5, **fields: Any) -> tuple[int, int]:
        """One more record; its place."""
        self._at += 1
        rows = self.rows[partition]
        seq = len(rows) + 1
        rows.append(
            journal(
                partition=partition, credit_partition=partition, seq=seq, credit_seq=seq,
                tenant=tenant, at=from_us(self._at), **{"kind": K.SETTLED, **fields},
            )
        )  # fmt: skip
        return partition, seq

    def restored(self, as_of: "Mapping[int, int]") -> "JournalInMemory":
        """From a backup that was taken when partitions stood there, going on at a later time."""
        copy = JournalInMemory(len(self.rows))
        copy.rows = [rows[: as_of[p]] for p, rows in enumerate(self.rows)]
        copy.checkpoints = {
            id: row for id, row in self.checkpoints.items()
            if all(end <= as_of[p] for p, end in enumerate(row["ends"]))
        }  # fmt: skip
        copy._at = self._at + 1_000_000
        return copy

    def ends(self) -> dict[int, int]:
        return {p: len(rows) for p, rows in enumerate(self.rows)}

    async def fetch(self, statement: str, *given: Any) -> list[Json]:
        match STATEMENTS[statement]:
            case "ends":
                return [{"partition": p, "last_seq": end} for p, end in self.ends().items()]
            case "events":
                partitions, after, through, tenant, kinds = given
                return [
                    row
                    for p, a, t in zip(partitions, after, through, strict=True)
                    for row in self.rows[p][a:t]
                    if tenant in (None, row["tenant"]) and row["kind"] in kinds
                ]
            case "times":
                return [
                    {"partition": p, "at": self.rows[p][seq - 1]["at"]}
                    for p, seq in zip(*given, strict=True)
                    if p < len(self.rows) and 0 < seq <= len(self.rows[p])
                ]
            case "tenant_names":
                return [{"number": n, "name": f"tenant-{n}"} for n in given[0]]
            case "account_names":
                return [{"number": n, "id": NAMES[n]} for n in given[0]]
        raise AssertionError(statement)

    async def fetchrow(self, statement: str, *given: Any) -> Any:
        assert STATEMENTS[statement] == "found"
        return self.checkpoints.get(given[0])

    async def execute(self, statement: str, *given: Any) -> None:
        assert STATEMENTS[statement] == "put"
        if self.fails:
            raise ConnectionError("away")
        id, page_max, after, ends, expired, most = given
        for old in sorted(i for i in self.checkpoints if i < expired)[:most]:
            del self.checkpoints[old]
        self.checkpoints[id] = {"page_max": page_max, "after": after, "ends": ends}
