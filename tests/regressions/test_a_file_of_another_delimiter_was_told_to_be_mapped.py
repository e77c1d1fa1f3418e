"""A file with semicolons, as spreadsheets write it where the comma is the decimal sign, was told
"the file has no idempotency_key column: map it".

| door | input | found or clean |
|---|---|---|
| pay CSV | semicolons, tabs, `|`: named, and read when given | found |
| pay CSV | `sep=;` (with and without quotes, after a byte order mark), .tsv, .tsv.gz | found |
| pay CSV | a delimiter given that is not the file's, or against `sep=` | found |
| pay CSV, Parquet | blanks, capitals, hyphens in names of columns | found |
| pay CSV | two columns that are one but for capitals: refused, not the last one | found |
| pay CSV | empty trailing columns, in the header, in rows, in both | found |
| pay CSV | amounts with a decimal comma, with points of thousands | found |
| pay CSV | 1.250 where the comma may be the decimal sign: 1.25 or 1,250 | found |
| pay, template over JSON and Parquet text | a decimal comma | found |
| pay CSV | a comma file with semicolons in quoted names or values | clean |
"""

import gzip
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.paying import HEADER, paid, results, table
from support.small_platform import SmallPlatform

from headrace.cluster.cli.payfile.fileformat import DecimalSign


def separated(by: str, text: str = "") -> str:
    return (text or table(3)).replace(",", by)


TAKEN: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "semicolon given": ("f.csv", separated(";").encode(), {"delimiter": ";"}),
    "tab given": ("f.csv", separated("\t").encode(), {"delimiter": "tab"}),
    "pipe given": ("f.csv", separated("|").encode(), {"delimiter": "|"}),
    "tilde given": ("f.csv", separated("~").encode(), {"delimiter": "~"}),
    "tsv": ("f.tsv", separated("\t").encode(), {}),
    "tsv, packed": ("f.TSV.gz", gzip.compress(separated("\t").encode()), {}),
    "tsv with commas given": ("f.tsv", table(3).encode(), {"delimiter": ","}),
    "sep": ("f.csv", b"sep=;\r\n" + separated(";").encode(), {}),
    "sep after a mark": ("f.csv", ("\ufeffsep=\t\n" + separated("\t")).encode("utf-16-le"), {}),
    "sep in quotes": ("f.csv", b'"sep=|"\n' + separated("|").encode(), {}),
    "sep, and given too": ("f.csv", b"sep=;\n" + separated(";").encode(), {"delimiter": ";"}),
    "blank lines first": ("f.csv", b"\n  \n" + table(3).encode(), {}),
    "capitals": ("f.csv", table(3).replace(HEADER, HEADER.title()).encode(), {}),
    "blanks around": ("f.csv", b" " + table(3).replace("y,d", "y\t, d").encode(), {}),
    "blanks within": ("f.csv", table(3).replace("idempotency_key", "Idempotency Key").encode(), {}),
    "hyphens": ("f.csv", table(3).replace("idempotency_key", "Idempotency-Key").encode(), {}),
    "trailing columns": ("f.csv", separated(",", table(3)).replace("\n", ",,\n").encode(), {}),
    "trailing in rows": ("f.csv", table(3).replace("EUR\n", "EUR,,\n").encode(), {}),
    "trailing in header": ("f.csv", table(3).replace(HEADER, HEADER + ",,").encode(), {}),
    "quoted semicolons": (
        "f.csv",
        table(3).replace(HEADER, HEADER + ',";;;;;;"').replace("EUR\n", "EUR,;\n").encode(),
        {},
    ),
    "decimal comma": (
        "f.csv", separated(";").replace(".", ",").encode(),
        {"delimiter": ";", "decimal": DecimalSign.COMMA},
    ),
    "decimal comma in quotes": (
        "f.csv",
        re.sub(r"(\d)\.(\d+)", r'" \1,\2"', table(3)).encode(),
        {"decimal": DecimalSign.COMMA},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
async def test_what_is_declared_or_given_is_taken(tmp_path: Path, case: str) -> None:
    name, data, options = TAKEN[case]
    file = tmp_path / name
    file.write_bytes(data)
    platform = SmallPlatform()
    ended = await paid(platform, file, **options)
    assert (ended.code, ended.message) == (0, "")
    made = [
        (
            key,
            p["item"]["debtor"],
            p["item"]["creditor"],
            p["item"]["amount"],
            p["item"]["currency"],
        )
        for key, p in platform.payments.items()
    ]
    assert made == [(f"k{i}", f"customer-{i}", f"shop-{i % 3}", 100 + i, "EUR") for i in (1, 2, 3)]


NAMED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "semicolon": ("f.csv", separated(";"), {}, "looks semicolon-separated: --delimiter ';'"),
    "tab": ("f.csv", separated("\t"), {}, "looks tab-separated: --delimiter 'tab'"),
    "pipe": ("f.csv", separated("|"), {}, "looks pipe-separated"),
    "commas in .tsv": ("f.tsv", table(3), {}, "looks comma-separated"),
    "another one given": ("f.csv", table(3), {"delimiter": ";"}, "looks comma-separated"),
    "against sep": ("f.csv", "sep=;\n" + separated(";"), {"delimiter": ","}, "says sep=;"),
    "a wrong sep": ("f.csv", "sep=;\n" + table(3), {}, "looks comma-separated"),
    "semicolon, some commas": (
        "f.csv", separated(";").replace("amount", "amount, gross"), {}, "semicolon-separated"
    ),
    "two alike": ("f.csv", table(3).replace(HEADER, HEADER + ",Amount"), {}, "amount, Amount"),
    "twice": ("f.csv", table(3).replace(HEADER, HEADER + ", amount "), {}, "twice: amount"),
    "no delimiter": ("f.csv", table(3), {"delimiter": "no"}, "one character"),
    "a quote": ("f.csv", table(3), {"delimiter": '"'}, "one character"),
    "no encoding": ("f.csv", table(3), {"encoding": "klingon"}, "klingon"),
    "no mark": ("f.csv", table(3), {"encoding": "utf-16"}, "does not start with BOM"),
    "not of text": ("f.csv", table(3), {"encoding": "base64"}, "base64"),
    "delimiter of json": ("f.ndjson", "", {"delimiter": ";"}, "for CSV"),
    "encoding of parquet": ("f.parquet", "", {"encoding": "utf-8"}, "for text"),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMED)
async def test_what_is_not_sure_is_named_for_what_it_is(tmp_path: Path, case: str) -> None:
    name, text, options, says = NAMED[case]
    file = tmp_path / name
    file.write_text(text)
    platform = SmallPlatform()
    ended = await paid(platform, file, **options)
    assert (ended.code, platform.payments) == (2, {})
    assert says in ended.message
    assert "map it" not in ended.message


AMOUNTS: list[tuple[str, str, DecimalSign | None, int | str]] = [
    (",", "1.250", None, 125),
    (",", "1.250", DecimalSign.POINT, 125),
    (",", '"1,250"', None, "--decimal"),
    (",", '"1,250.00"', None, "--decimal"),
    (",", '"1,25"', DecimalSign.COMMA, 125),
    (",", "1.25", DecimalSign.COMMA, "has a point"),
    (";", "12.50", None, 1250),
    (";", "1.250", None, "--decimal"),
    (";", " 1.250.000 ", None, "--decimal"),
    ("\t", "-1.250", None, "--decimal"),
    (";", "1.250", DecimalSign.POINT, 125),
    (";", "1,25", None, "--decimal"),
    (";", "1,25", DecimalSign.COMMA, 125),
    (";", "1.250,00", DecimalSign.COMMA, "has a point"),
    (";", "1,250,00", DecimalSign.COMMA, "no amount"),
    (";", "1250", None, 125000),
]


@pytest.mark.parametrize(("delimiter", "written", "sign", "minor"), AMOUNTS)
async def test_the_decimal_sign_is_never_guessed(
    tmp_path: Path, delimiter: str, written: str, sign: DecimalSign | None, minor: int | str
) -> None:
    file, out = tmp_path / "f.csv", tmp_path / "out.ndjson"
    file.write_text(separated(delimiter, table(1)).replace("1.01", written))
    platform = SmallPlatform()
    await paid(platform, file, out=out, delimiter=delimiter, decimal=sign)
    (told,) = results(out)
    if isinstance(minor, int):
        assert platform.payments["k1"]["item"]["amount"] == minor
    else:
        assert (told["code"], told["field"]) == ("invalid_amount", "amount")
        assert minor in told["reason"]


async def test_text_in_other_forms_has_a_decimal_sign_too(tmp_path: Path) -> None:
    names = HEADER.title().split(",")
    columns = dict(zip(names, (["k1"], ["a"], ["b"], ["1,25"], ["EUR"]), strict=True))
    parquet, ndjson = tmp_path / "f.parquet", tmp_path / "f.ndjson"
    pq.write_table(pa.table(columns), parquet)
    ndjson.write_text(
        '{"idempotency_key":"k1","debtor":"a","creditor":"b","price":"1,25","currency":"EUR"}'
    )
    for file, maps in ((parquet, None), (ndjson, ["amount={price}"])):
        platform = SmallPlatform()
        ended = await paid(platform, file, maps=maps)
        assert ended.told["refused"] == 1
        await paid(platform, file, maps=maps, decimal=DecimalSign.COMMA)
        assert platform.payments["k1"]["item"]["amount"] == 125


async def test_columns_are_found_in_templates_as_well(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(table(1).replace("idempotency_key", " Order No"))
    platform = SmallPlatform()
    await paid(platform, file, maps=["idempotency_key=o-{order_no}"])
    assert list(platform.payments) == ["o-k1"]
    none = await paid(platform, file, maps=["idempotency_key=o-{order}"])
    assert (none.code, "no column order" in none.message) == (2, True)
