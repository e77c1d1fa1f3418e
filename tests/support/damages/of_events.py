"""To where streams of events stood."""

CHECKPOINTS = "event_checkpoints_are_of_this_journal"
_PUT = """
INSERT INTO event_checkpoints
SELECT 1, {page_max}, array_agg({after} ORDER BY partition), array_agg({ends} ORDER BY partition)
FROM leases WHERE {chosen}
"""


def _put(
    page_max: str = "9", after: str = "0", ends: str = "last_seq", chosen: str = "true"
) -> str:
    return _PUT.format(page_max=page_max, after=after, ends=ends, chosen=chosen)


SOUND = _put()
OF_EVENTS = {
    "a checkpoint is beyond the journal": (_put(ends="last_seq + 1"), {CHECKPOINTS}),
    "a checkpoint lacks a partition": (_put(chosen="partition > 0"), {CHECKPOINTS}),
    "a checkpoint goes back": (_put(after="last_seq", ends="0"), {CHECKPOINTS}),
    "a checkpoint lacks a sequence": (_put(after="NULL::bigint"), {CHECKPOINTS}),
    "a checkpoint begins before the journal": (_put(after="-1"), {CHECKPOINTS}),
    "a checkpoint has pages of nothing": (_put(page_max="0"), {CHECKPOINTS}),
}
