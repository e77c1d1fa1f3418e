"""A Parquet column that pandas had made float, because one id was missing, opened `customer-17.0`
beside `customer-17` and paid under the key `tx-1001.0`: the next export without gaps paid all of it
again.

| door | input | found or clean |
|---|---|---|
| pay, template with text | whole floats | found |
| pay, template with text | fractions, booleans, lists, structs, decimals, durations | found |
| pay, template with text | binary: `b'...'` became the key | found |
| pay, plain column | binary, times, timestamps, decimals with places: by str() | found |
| pay | whole floats past 2^53 (double), 2^24 (float), 2^11 (halffloat) | found |
| pay, template over JSON | 17.0, true, lists, objects | found |
| pay, plain JSON member | a number as reference or description | found |
| pay, plain column | UUID (canonical), text, integers, dictionaries of them | clean |
| pay, CSV | everything is text, `17.0` too | clean, documented |
| pay, metadata | bytes in a struct became base64, times ISO text | found |
| HTTP | a key or account that is no string is a 422 | clean |
"""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.cluster.cli.payfile.chunk import Chunk, from_objects
from headrace.cluster.cli.payfile.items import Mapped, map_rows
from headrace.cluster.cli.payfile.reading import open_source
from headrace.cluster.cli.payfile.spelling import speller
from headrace.cluster.cli.payfile.template import mapping

UUID_TEXT = "d81f2a2f-019c-461c-9bc7-67693475a8d8"
NAMES = ("idempotency_key", "debtor", "creditor", "currency", "reference")

SPELLED: list[tuple[str, pa.DataType, object, str]] = [
    ("whole double", pa.float64(), 17.0, "17"),
    ("negative whole double", pa.float64(), -17.0, "-17"),
    ("largest double that is sure", pa.float64(), 2.0**53 - 1, str(2**53 - 1)),
    ("largest float that is sure", pa.float32(), 2.0**24 - 1, str(2**24 - 1)),
    ("largest halffloat that is sure", pa.float16(), 2047.0, "2047"),
    ("zero below zero", pa.float64(), -0.0, "0"),
    ("int8", pa.int8(), 17, "17"),
    ("int64 past 2^53", pa.int64(), 2**53 + 1, str(2**53 + 1)),
    ("uint64", pa.uint64(), 2**64 - 1, str(2**64 - 1)),
    ("dictionary of integers", pa.dictionary(pa.int8(), pa.int64()), 17, "17"),
    ("dictionary of text", pa.dictionary(pa.int8(), pa.string()), "017", "017"),
    ("text", pa.string(), "17.0", "17.0"),
    ("large text", pa.large_string(), "17", "17"),
    ("uuid", pa.uuid(), UUID(UUID_TEXT).bytes, UUID_TEXT),
    ("decimal without places", pa.decimal128(38, 0), Decimal(17), "17"),
    ("wide decimal without places", pa.decimal256(60, 0), Decimal(10**50), str(10**50)),
]  # fmt: skip
REFUSED: list[tuple[pa.DataType, object]] = [
    (pa.float64(), 17.5),
    (pa.float64(), 2.0**53),
    (pa.float64(), float("nan")),
    (pa.float64(), float("inf")),
    (pa.float32(), 2.0**24),
    (pa.float16(), 2048.0),
    (pa.bool_(), True),
    (pa.decimal128(10, 2), Decimal("17.00")),
    (pa.decimal128(10, 2), Decimal("17.50")),
    (pa.timestamp("us"), 1_522_540_831_000_000),
    (pa.timestamp("ns", "Europe/Berlin"), 1_522_540_831_000_000_000),
    (pa.date32(), 17_000),
    (pa.time64("us"), 17),
    (pa.duration("s"), 17),
    (pa.binary(), b"17"),
    (pa.large_binary(), b"17"),
    (pa.binary(16), UUID(UUID_TEXT).bytes),
    (pa.list_(pa.int64()), [17]),
    (pa.struct([("id", pa.int64())]), {"id": 17}),
    (pa.map_(pa.string(), pa.int64()), [("id", 17)]),
    (pa.dictionary(pa.int8(), pa.float64()), 17.5),
]  # fmt: skip

METADATA: list[tuple[pa.DataType, object]] = [
    (pa.struct([("a", pa.binary())]), {"a": b"17"}),
    (pa.struct([("a", pa.float64())]), {"a": 17.0}),
    (pa.struct([("a", pa.date32())]), {"a": 17}),
    (pa.map_(pa.string(), pa.binary()), [("a", b"17")]),
    (pa.map_(pa.int64(), pa.string()), [(17, "a")]),
    (pa.string(), '{"a": {"b": "c"}}'),
]
FREE: list[tuple[pa.DataType, object]] = [
    (pa.float64(), 1.5),
    (pa.timestamp("us"), 1_522_540_831_000_000),
    (pa.decimal128(10, 2), Decimal("1.50")),
]

PLAIN = {
    "idempotency_key": "k", "debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR"
}  # fmt: skip


def column(kind: pa.DataType, value: object) -> pa.Array:
    """The value and an absent one."""
    if pa.types.is_dictionary(kind):
        return pa.array([value, None], kind.value_type).dictionary_encode()
    return pa.array([value, None], kind)


def read(columns: dict[str, pa.Array], path: Path, **options: Any) -> Chunk:
    pq.write_table(pa.table(columns), path, **options)
    (chunk,) = open_source(str(path), None, 10).chunks(None)
    return chunk


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Chunk:
    """One file of all values, in columns called as `name_of` calls them, beside a payment's."""
    kinds = [(kind, value) for _, kind, value, _ in SPELLED] + REFUSED + FREE + METADATA
    columns = {name_of(kind, value): column(kind, value) for kind, value in kinds}
    plain = {name: pa.array([value] * 2) for name, value in PLAIN.items()}
    return read(plain | columns, tmp_path_factory.mktemp("types") / "x.parquet")


def name_of(kind: pa.DataType, value: object) -> str:
    return f"{kind} {value!r}"


def mapped(chunk: Chunk, kind: pa.DataType, value: object, *maps: str, field: str = "") -> Mapped:
    """With the value's column called `x`, or as the field."""
    own = name_of(kind, value)
    columns = {name: chunk.columns[name] for name in PLAIN} | {field or "x": chunk.columns[own]}
    types = {name: chunk.types[name] for name in PLAIN} | {field or "x": chunk.types[own]}
    return map_rows(chunk._replace(columns=columns, types=types), mapping(maps, list(columns)))


def ways(
    chunk: Chunk, field: str, kind: pa.DataType, value: object
) -> dict[str, tuple[Mapped, str]]:
    """The same column through each way into a field, and what stands around it there."""
    return {
        "plain": (mapped(chunk, kind, value, field=field), ""),
        "alone": (mapped(chunk, kind, value, f"{field}={{x}}"), ""),
        "text": (mapped(chunk, kind, value, f"{field}=to-{{x}}"), "to-"),
    }


@pytest.mark.parametrize("field", [f for f in NAMES if f != "currency"])
@pytest.mark.parametrize(("name", "kind", "value", "text"), SPELLED, ids=[s[0] for s in SPELLED])
def test_a_value_has_one_spelling(
    stored: Chunk, field: str, name: str, kind: pa.DataType, value: object, text: str
) -> None:
    for way, (made, around) in ways(stored, field, kind, value).items():
        item = made.items[0]
        assert item is not None, (way, made.refused)
        assert getattr(item, field) == around + text, way


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize(("kind", "value"), REFUSED, ids=[name_of(*case) for case in REFUSED])
def test_what_has_no_spelling_is_refused_with_its_type(
    stored: Chunk, field: str, kind: pa.DataType, value: object
) -> None:
    told = str(kind.value_type if pa.types.is_dictionary(kind) else kind).partition("<")[0]
    for way, (made, _) in ways(stored, field, kind, value).items():
        assert made.items[0] is None, way
        refused = made.refused[0]
        assert (refused.code, refused.field) == ("invalid_field", field), way
        assert f"({told}" in refused.reason, way


@pytest.mark.parametrize("field", NAMES)
def test_an_absent_value_is_spelled_nowhere(stored: Chunk, field: str) -> None:
    for made, _ in ways(stored, field, pa.float64(), 17.0).values():
        item = made.items[1]
        assert (item is None) == (field != "reference")
        assert item is None or item.reference is None


def test_uuids_of_writers_without_arrow_are_uuids(tmp_path: Path) -> None:
    columns = {"x": pa.array([UUID(UUID_TEXT).bytes], pa.uuid())}
    chunk = read(columns, tmp_path / "x.parquet", store_schema=False)
    assert speller(chunk.types["x"], False)(chunk.columns["x"][0]) == UUID_TEXT


JSON: list[tuple[object, str | None]] = [
    ("017", "017"),
    (17, "17"),
    (2**60 + 1, str(2**60 + 1)),
    (Decimal("17.0"), "17"),
    (Decimal("1.7e1"), "17"),
    (Decimal("17.5"), None),
    (Decimal("1E+400"), None),
    (Decimal("1E+999999999"), None),
    (Decimal("1E-999999999"), None),
    (Decimal(2**53), None),
    (True, None),
    ([17], None),
    ({"id": 17}, None),
]


@pytest.mark.parametrize(("value", "text"), JSON)
@pytest.mark.parametrize("field", ["idempotency_key", "debtor", "reference"])
def test_numbers_of_json_in_templates(field: str, value: object, text: str | None) -> None:
    row = PLAIN | {"x": value}
    for template, around in ((f"{field}={{x}}", ""), (f"{field}=to-{{x}}", "to-")):
        (item,) = map_rows(from_objects([1], [row], {}, 0), mapping([template], None)).items
        assert (None if item is None else getattr(item, field)) == (text and around + text)


@pytest.mark.parametrize("field", [*NAMES, "description", "capture"])
def test_a_plain_json_member_is_text_as_in_the_api(field: str) -> None:
    row: dict[str, Any] = PLAIN | {field: 7}
    made = map_rows(from_objects([1], [row], {}, 0), mapping([], None))
    assert made.refused[0].field == field


@pytest.mark.parametrize(("kind", "value"), FREE, ids=[name_of(*case) for case in FREE])
def test_times_and_fractions_may_stand_in_a_description(
    stored: Chunk, kind: pa.DataType, value: object
) -> None:
    (item, _) = mapped(stored, kind, value, "description=of {x}").items
    assert item is not None
    assert item.description in ("of 1.5", "of 2018-04-01T00:00:31.000000Z", "of 1.50")


@pytest.mark.parametrize(("kind", "value"), METADATA, ids=[name_of(*case) for case in METADATA])
def test_metadata_is_text_by_text(stored: Chunk, kind: pa.DataType, value: object) -> None:
    assert mapped(stored, kind, value, field="metadata").refused[0].field == "metadata"


def test_bytes_stand_in_no_text(stored: Chunk) -> None:
    for field in ("description", "metadata", "occurred_at", "amount"):
        made = mapped(stored, pa.binary(), b"17", f"{field}=of {{x}}")
        assert made.refused[0].field == field
