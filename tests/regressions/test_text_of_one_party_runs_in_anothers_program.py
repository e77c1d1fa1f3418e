"""Text of one party run by another's program: a payer's `=HYPERLINK(…)` stood raw in the payee's
statement, and a spreadsheet carries out what begins so.

| door | input | |
|---|---|---|
| statement as CSV: reference, description | = + - @ tab CR LF, full-width, after blanks | found |
| the same | a cell of its own where ; or tab parts cells too | found |
| statement as CSV: counterparty, kind, id | ours, or begin with a letter or digit | clean |
| statement as CSV: amounts | below zero: a minus sign, no formula | clean |
| statement as JSON, events | no spreadsheet opens them | clean |
| `/docs`, `/problems` | texts of ours only, escaped | clean |
| `Accept` | a weight of 0 asked for what it forbids | found |
"""

import csv
import io

import pytest

from headrace.runtime.ledger.views import Entry
from headrace.serve.http.accept import best
from headrace.serve.http.csv_table import table

RUN = [
    '=HYPERLINK("http://evil.example","invoice")', "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1",
    "\r=1+1", "\n=1+1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201", " =1+1", "\u00a0=1+1", "=",
]  # fmt: skip
SHOWN = ["", "invoice 2041", "a=b", "1-2", 'say "hi", =1+1', "x\ny;z", "'", "é", "1e5"]
WITHIN = {
    "x;=1+1": "x;'=1+1", 'say "hi"; =1+1': "say \"hi\";' =1+1", "x\n=1+1": "x\n'=1+1",
    "x\t@y;+z": "x\t'@y;'+z", "x|-y": "x|'-y",
}  # fmt: skip


def entry(**fields: object) -> Entry:
    given = {
        "id": "3:1187", "at": "2026-03-01T12:00:00.000000Z", "kind": "settled", "payment": None,
        "counterparty": "merchant-3", "amount": -1250, "held_amount": 0, "currency": "EUR",
        "posted": -5, "held": 0, "reference": None, "description": None,
    }  # fmt: skip
    return Entry(**{**given, **fields})  # type: ignore[arg-type]  # by name


def row(text: str) -> dict[str, str]:
    (told,) = csv.DictReader(io.StringIO(text, newline=""))
    return told


@pytest.mark.parametrize("field", ["reference", "description", "counterparty"])
@pytest.mark.parametrize("text", RUN)
def test_a_formula_is_text(field: str, text: str) -> None:
    told = row(table(Entry, [entry(**{field: text})]).decode())[field]
    assert told[:2] == "'" + text[0]
    assert told.replace("'", "") == text


@pytest.mark.parametrize("text", SHOWN)
def test_other_text_is_as_it_was_written(text: str) -> None:
    assert row(table(Entry, [entry(description=text)]).decode())["description"] == text


@pytest.mark.parametrize(("text", "told"), WITHIN.items())
def test_nor_does_one_begin_within_a_text(text: str, told: str) -> None:
    written = table(Entry, [entry(description=text)]).decode()
    assert row(written)["description"] == told
    for parted in ";\t|":
        cells = csv.reader(io.StringIO(written, newline=""), delimiter=parted)
        assert not [c for line in cells for c in line if c.lstrip().startswith(tuple("=+@-"))]


def test_amounts_keep_their_sign() -> None:
    text = table(Entry, [entry()]).decode()
    assert (row(text)["amount"], row(text)["posted"]) == ("-1250", "-5")
    assert ",-1250," in text


JSON, CSV = "application/json", "text/csv"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", JSON), ("*/*", JSON), ("text/csv", CSV), ("TEXT/CSV", CSV), ("text/*", CSV),
        ("application/json, text/csv;q=0", JSON), ("text/csv;q=0", JSON), 
        ("*/*, text/csv;q=0", JSON),
        ("application/json;q=0, text/csv", CSV), ("application/json;q=0, */*;q=0.1", CSV),
        ("application/json;q=0.5, text/csv", CSV), ("application/json, text/csv;q=0.999", JSON),
        ("application/json;q=0.5, text/csv;q=0.6", CSV), ("text/csv ; q=0.2 , */*;q=0.1", CSV),
        ("text/csv, */*", CSV), ("*/*, text/csv", CSV), ("text/csv, application/json", CSV),
        ("application/json, text/csv", JSON), ("text/*;q=0.9, application/json;q=0.8", CSV),
        ("text/csv;q=0, text/*", JSON), ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/csv;charset=utf-8;q=0", JSON), ("text/csv;header=present", CSV),
        ("text/csv;q=1.5", JSON), ("text/csv;q=", JSON), ("text/csv;q=x, application/json", JSON),
        ("application/xml", JSON), ("text/csvx", JSON), ("xtext/csv", JSON), (",,;", JSON),
        ("é", JSON),
    ],
)  # fmt: skip
def test_weights_count(header: str, form: str) -> None:
    assert best(header.encode("latin-1"), (JSON, CSV)) == form
