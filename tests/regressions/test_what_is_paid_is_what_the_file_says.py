"""Any file of payments, in any form that is read: what would be sent for a row is what another
reader of the file says, or the row is refused.

The other readers share no code with ours: a state machine after RFC 4180 for CSV, Python's `json`,
and for Parquet the values that were written. Files are written with every delimiter, encoding,
line end and kind of quoting, and then damaged by a byte. This found, when it was written: rows
after an unclosed quote, NaN in arrays, names given twice, quotes within fields.

| form | by | damaged |
|---|---|---|
| CSV | delimiter, encoding, mark, gzip, line ends, quoting, blank lines, decimal sign | a byte |
| NDJSON, JSON | encoding, mark, gzip, line ends, escapes, numbers | a byte |
| Parquet | the type of each column, templates | |
"""

import codecs
import gzip
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.csvfile import delimiter_of
from headrace.cluster.cli.payfile.decimalsign import decimal_point
from headrace.cluster.cli.payfile.fileformat import DecimalSign, FileFormat
from headrace.cluster.cli.payfile.items import PaymentItem, map_rows
from headrace.cluster.cli.payfile.reading import TextForm, open_source
from headrace.cluster.cli.payfile.template import mapping

FIELDS = ("idempotency_key", "debtor", "creditor", "amount", "currency")
DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
Paid = tuple[str, str, str, int, str]

FUZZ = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def sent(
    path: Path,
    kind: FileFormat,
    form: TextForm,
    sign: DecimalSign | None = None,
    maps: tuple[str, ...] = (),
    rows: int = 2,
) -> tuple[dict[int, Paid], bool]:
    """What would be sent, by row number, and whether the file was read to its end."""
    found: dict[int, Paid] = {}
    try:
        source = open_source(str(path), kind, rows, form)
        fields = mapping(maps, source.columns)
        as_point = decimal_point(sign, source.delimiter)
        for chunk in source.chunks(None if source.columns is None else fields.columns):
            mapped = map_rows(chunk, fields, as_point)
            for row, item in zip(mapped.rows, mapped.items, strict=True):
                if item is not None:
                    found[row] = _paid(item)
    except BadInput:
        return found, False
    return found, True


def _paid(item: PaymentItem) -> Paid:
    return item.idempotency_key, item.debtor, item.creditor, item.amount, item.currency


def minor(amount: str, currency: str) -> int | None:
    """Of a decimal in major units; None of what is none."""
    if currency not in DIGITS or not re.fullmatch(r"\s*[+-]?[0-9.]+([eE][+-]?\d+)?\s*", amount):
        return None
    try:
        exact = Decimal(amount).scaleb(DIGITS[currency])
    except InvalidOperation:
        return None
    return round(exact) if abs(exact - round(exact)) <= Decimal("1e-6") else None


def csv_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """RFC 4180, with any line end; a quote elsewhere than around a field is a character."""
    row: list[str] = []
    field, quoted, at_start, i = "", False, True, 0
    while i < len(text):
        c = text[i]
        i += 1
        if quoted:
            if c != '"':
                field += c
            elif text[i : i + 1] == '"':
                field, i = field + c, i + 1
            else:
                quoted = False
        elif c == '"' and at_start:
            quoted, at_start = True, False
        elif c == delimiter:
            row.append(field)
            field, at_start = "", True
        elif c in "\r\n":
            i += c == "\r" and text[i : i + 1] == "\n"
            yield [*row, field] if row or field or not at_start else []
            row, field, at_start = [], "", True
        else:
            field, at_start = field + c, False
    if row or field or not at_start:
        yield [*row, field]


NAMES = st.text(
    st.sampled_from("abkz019 .:-_=+\"',;|\t\n\r\u00e9\u20ac\u2028\u0085\u3000\ufeff{}%\\"),
    max_size=6,
)
AMOUNTS = st.integers(1, 10**7).map(lambda n: f"{n // 100}.{n % 100:02d}")
ODD = st.sampled_from(["", "0", "-1.00", "1.250", "1,25", "1e2", "12.505", "NaN", "1_0", " 7.50 "])
ROWS = st.lists(
    st.tuples(
        NAMES, NAMES, NAMES, AMOUNTS | AMOUNTS | AMOUNTS | ODD,
        st.sampled_from(["EUR"] * 5 + ["JPY", "KWD", "XXQ", "eur"]),
    ),
    min_size=1, max_size=5,
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1")


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """As it is, or with one byte more, less or other."""
    at = draw(st.integers(0, len(data)))
    how = draw(st.sampled_from(["whole", "whole", "other", "more", "less"]))
    byte = draw(st.sampled_from(list(b"\"',;\n\r\\{}[]:0a \xe9\xff\x00")))
    if how == "whole":
        return data
    return data[:at] + bytes([byte] * (how != "less")) + data[at + (how != "more") :]


def encoded(text: str, encoding: str) -> tuple[bytes, str | None]:
    """The bytes, and what has to be said about them."""
    marked = encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
    return text.encode(encoding, "replace"), None if marked else encoding


def decoded(data: bytes, encoding: str) -> str:
    """As another reader has it, one mark left out; what is no text becomes U+FFFD."""
    text = codecs.decode(data, encoding, "replace")
    return text.removeprefix("\ufeff") if encoding == "utf-8" else text


@FUZZ
@given(st.data(), ROWS, st.sampled_from(ENCODINGS), st.sampled_from([",", ";", "\t", "|"]))
def test_csv(
    tmp_path: Path, data: st.DataObject, rows: list[tuple[str, ...]], encoding: str, delimiter: str
) -> None:
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    always = data.draw(st.booleans())
    trailing = data.draw(st.sampled_from(["", "", delimiter]))
    sign = data.draw(st.sampled_from([None, DecimalSign.POINT, DecimalSign.COMMA]))

    def field(value: str) -> str:
        if always or re.search(rf'["\r\n{re.escape(delimiter)}]|^$', value):
            return '"' + value.replace('"', '""') + '"'
        return value

    text = delimiter.join(FIELDS) + trailing + end
    for row in rows:
        blank = data.draw(st.sampled_from(["", "", end]))
        text += blank + delimiter.join(map(field, row)) + trailing + end
    whole, said = encoded(text, encoding)
    plain = data.draw(damaged(whole))
    packed = gzip.compress(plain) if data.draw(st.booleans()) else plain
    file = tmp_path / "f"
    file.write_bytes(packed)
    found, _ = sent(file, FileFormat.CSV, TextForm(said, delimiter_of(delimiter)), sign)
    lines = csv_rows(decoded(plain, encoding), delimiter)
    header = next((line for line in lines if any(name.strip() for name in line)), [])
    names = ["_".join(name.casefold().replace("-", " ").split()) for name in header]
    other: dict[int, tuple[object, ...]] = {}
    amounts: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        given_ = dict(zip(names, line, strict=False))
        amount = given_.get("amount", "")
        if sign is DecimalSign.COMMA:
            amount = "" if "." in amount else amount.replace(",", ".")
        exact = minor(amount, given_.get("currency", ""))
        amounts[number] = amount
        other[number] = (*(given_.get(name) for name in FIELDS[:3]), exact, given_.get("currency"))
    for row, made in found.items():
        assert other.get(row) == made
    if plain == whole and sign is not DecimalSign.COMMA:
        sure = {
            row
            for row, made in other.items()
            if all(made) and re.fullmatch(r"[0-9]+(\.[0-9]{2})?", amounts[row])
        }
        assert sure <= found.keys()


JSON_VALUES = st.sampled_from([7, -5, None, True, [1], 7.0, 0.5, {"a": 1}, "x"])
OBJECTS = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            dict.fromkeys(FIELDS[:3], NAMES)
            | {"amount": st.integers(1, 10**6), "currency": st.sampled_from(list(DIGITS))},
            optional={"metadata": st.dictionaries(NAMES, NAMES, max_size=2)},
        ),
        st.dictionaries(st.sampled_from([*FIELDS, "colour"]), JSON_VALUES, max_size=1),
    ).map(lambda parts: parts[0] | parts[1]),
    min_size=1,
    max_size=4,
)


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def no_constant(name: str) -> None:
    raise ValueError(name)


_read = json.JSONDecoder(object_pairs_hook=unique, parse_constant=no_constant)


def as_api(text: str) -> Paid | None:
    """What the API would make of an object, null left out; None of what it would not take."""
    try:
        item = _read.decode(text)
    except ValueError:
        return None
    if not isinstance(item, dict):
        return None
    if {name for name in item if item[name] is not None} - {*FIELDS, "metadata"}:
        return None
    made: Any = tuple(item.get(name) for name in FIELDS)
    texts = all(isinstance(made[i], str) for i in (0, 1, 2, 4)) and made[4] in DIGITS
    return made if texts and type(made[3]) is int else None


def items_of(text: str) -> Iterator[str]:
    """An array's items, as far as Python's json can tell them apart."""
    scan, at = json.JSONDecoder().raw_decode, text.find("[") + 1
    while at and (found := re.compile(r"[ \t\r\n]*").match(text, at)):
        try:
            end = scan(text, found.end())[1]
        except ValueError:
            return
        yield text[found.end() : end]
        after = re.compile(r"[ \t\r\n]*,").match(text, end)
        at = after.end() if after else 0


@FUZZ
@given(
    st.data(), OBJECTS, st.booleans(), st.sampled_from(ENCODINGS[:6]),
    st.sampled_from([None, None, *FIELDS]),
)  # fmt: skip
def test_json(
    tmp_path: Path, data: st.DataObject, objects: list[dict[str, Any]], array: bool, encoding: str,
    twice: str | None,
) -> None:  # fmt: skip
    ascii_only, end = data.draw(st.booleans()), data.draw(st.sampled_from(["\n", "\r\n"]))
    written = [json.dumps(item, ensure_ascii=ascii_only) for item in objects]
    if twice is not None:
        value = json.dumps(objects[0][twice])
        written[0] = written[0][:-1] + f', "{twice}" : {value}}}'
    text = f"[{f',{end}'.join(written)}]{end}" if array else end.join(written) + end
    whole, said = encoded(text, encoding)
    plain = data.draw(damaged(whole))
    file = tmp_path / "f"
    file.write_bytes(gzip.compress(plain) if data.draw(st.booleans()) else plain)
    kind = FileFormat.JSON if array else FileFormat.NDJSON
    found, to_its_end = sent(file, kind, TextForm(said))
    other = decoded(plain, encoding)
    parts = list(items_of(other)) if array else other.split("\n")
    expected = {row: as_api(part) for row, part in enumerate(parts, 1)}
    for row, made in found.items():
        assert expected.get(row) == made
    if plain == whole:
        payable = {row for row, made in expected.items() if made and made[3] > 0}
        assert (to_its_end, found.keys()) == (True, payable)


COLUMNS: dict[str, tuple[pa.DataType, list[object]]] = {
    "double": (pa.float64(), [17.0, None, 17.5, 2.0**53, float("nan"), -1.0]),
    "float": (pa.float32(), [17.0, 2.0**24, 0.5, None]),
    "int64": (pa.int64(), [17, 2**62, None, -1]),
    "uint64": (pa.uint64(), [17, 2**64 - 1, None]),
    "string": (pa.string(), ["17", "17.0", "", None, "\u00e9,\n"]),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), ["a", "b", None]),
    "decimal": (pa.decimal128(20, 2), [Decimal("17.00"), Decimal("0.01"), None]),
    "decimal0": (pa.decimal128(20, 0), [Decimal(17), None]),
    "bool": (pa.bool_(), [True, None]),
    "binary": (pa.binary(), [b"17", None]),
    "timestamp": (pa.timestamp("ns", "UTC"), [1_522_540_831_000_000_000, None]),
    "date": (pa.date32(), [17_000, None]),
    "list": (pa.list_(pa.int64()), [[17], None]),
    "null": (pa.null(), [None]),
    "uuid": (pa.uuid(), [UUID(int=17).bytes, None]),
}


def spelled(kind: str, value: object) -> str | None:
    """The one text that a value is, None where it is none: by the words of the README."""
    match kind, value:
        case ("double", float()) if value == value // 1 and abs(value) < 2**53:
            return str(int(value))
        case ("float", float()) if value == value // 1 and abs(value) < 2**24:
            return str(int(value))
        case (_, int()) if kind in ("int64", "uint64"):
            return str(value)
        case (_, str()):
            return value
        case ("decimal0", Decimal()):
            return str(value)
        case ("uuid", bytes()):
            return str(UUID(bytes=value))
    return None


def in_minor_units(kind: str, value: object, currency: str | None) -> int | None:
    readable = kind in ("double", "float", "int64", "uint64", "decimal", "decimal0", "string")
    written = repr(value) if isinstance(value, float) else str(value)
    return minor(written, currency or "") if readable and value is not None else None


@FUZZ
@given(
    st.data(),
    st.dictionaries(
        st.sampled_from(FIELDS[:4]), st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=2
    ),
)
def test_parquet(tmp_path: Path, data: st.DataObject, odd: dict[str, str]) -> None:
    kinds = dict.fromkeys(FIELDS, "string") | {"amount": "int64"} | odd
    size = data.draw(st.integers(1, 4))
    columns: dict[str, pa.Array] = {}
    rows: dict[str, list[object]] = {}
    around = {name: data.draw(st.sampled_from([None, "", "to-", "100%{{"])) for name in FIELDS}
    for name, kind in kinds.items():
        if name == "currency":
            around[name] = data.draw(st.sampled_from([None, ""]))
        arrow, values = COLUMNS[kind]
        values = [*DIGITS, None] if name == "currency" else values if name in odd else values[:2]
        rows[name] = data.draw(st.lists(st.sampled_from(values), min_size=size, max_size=size))
        if pa.types.is_dictionary(arrow):
            columns[name] = pa.array(rows[name], arrow.value_type).dictionary_encode()
        else:
            columns[name] = pa.array(rows[name], arrow)
    around["amount"] = None
    file = tmp_path / "f"
    pq.write_table(pa.table(columns), file)
    maps = [f"{n}={text}{{{n}}}" for n, text in around.items() if text is not None]
    found, to_its_end = sent(file, FileFormat.PARQUET, TextForm(), None, tuple(maps))
    assert to_its_end
    for i in range(size):
        made = [spelled(kinds[name], rows[name][i]) for name in FIELDS]
        for at, name in enumerate(FIELDS):
            if (text := around[name]) and made[at] is not None:
                made[at] = text.replace("{{", "{") + str(made[at])
        exact = in_minor_units(kinds["amount"], rows["amount"][i], made[4])
        expected = (*made[:3], exact, made[4])
        payable = None not in expected and exact is not None and 0 < exact <= 10**15
        assert found.get(i + 1) == (expected if payable else None)
