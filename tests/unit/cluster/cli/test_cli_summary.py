import csv
from pathlib import Path

from headrace.cluster.cli.payfile import answers
from headrace.cluster.cli.payfile.items import Mapped, PaymentItem, Refused
from headrace.cluster.cli.payfile.results import ResultRow, open_results, rows
from headrace.cluster.cli.payfile.sending import Paid, Results
from headrace.cluster.cli.payfile.summary import Summary


def paid(status: str, replayed: bool = False, degraded: bool = False) -> Paid:
    return Paid(answers.Payment(f"id-{status}", status, None, 12, degraded), replayed)


def mapped(size: int, capture: str | None = None, first_row: int = 1) -> Mapped:
    items: list[PaymentItem | None] = [
        PaymentItem(f"k{i}", "a", "b", 1, "EUR", capture=capture) for i in range(size)
    ]
    return Mapped(
        range(first_row, first_row + size), items, [f"k{i}" for i in range(size)], {}, size
    )


def test_the_ends_add_up_to_submitted() -> None:
    summary = Summary()
    results: Results = [
        paid("settled"), paid("refunded", replayed=True), paid("declined"), paid("returned"),
        paid("in_review", degraded=True), Refused("invalid_amount", "amount", "zero"),
    ]  # fmt: skip
    summary.add(mapped(6), results)
    summary.seconds = 2.0
    told = summary.as_json()
    assert told == {
        "submitted": 6, "settled": 2, "declined": 2, "in_review": 1, "authorized": 0,
        "refused": 1, "replayed": 1, "payments_per_s": 3.0, "seconds": 2.0, "risk_degraded": 1,
        "refusals": {"invalid_amount": 1}, "repeated_in_file": 0, "moved": {"EUR": "0.02"},
    }  # fmt: skip
    assert summary.complete


def test_payments_held_for_capture_are_an_end_and_crossing_ones_are_not() -> None:
    held, crossing = Summary(), Summary()
    held.add(mapped(2, capture="manual"), [paid("authorized"), paid("cancelled")])
    crossing.add(mapped(1), [paid("authorized")])
    assert held.complete
    assert (held.as_json()["authorized"], held.as_json()["other"]) == (1, {"cancelled": 1})
    assert not crossing.complete


def test_rows_without_an_answer_are_not_submitted() -> None:
    summary = Summary()
    summary.add(mapped(2), [paid("settled"), None])
    assert (summary.submitted, summary.as_json()["unanswered"]) == (1, 1)
    assert not summary.complete


def test_result_rows_carry_the_files_row_numbers() -> None:
    results: Results = [paid("settled"), None, Refused("unknown_account", "debtor", "no such")]
    made = rows(mapped(3, first_row=1001), results, {})
    assert [(row.row, row.status, row.field) for row in made] == [
        (1001, "settled", ""),
        (1003, "refused", "debtor"),
    ]


def test_a_table_of_results_is_shown_and_not_carried_out(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with open_results(out, None) as write:
        assert write is not None
        write([ResultRow(1, '=HYPERLINK("x")', "refused", reason="-1 is no amount", line=2)])
    (row,) = csv.DictReader(out.read_text().splitlines())
    assert (row["idempotency_key"], row["reason"]) == ('\'=HYPERLINK("x")', "'-1 is no amount")
    assert (row["row"], row["line"], row["replayed"], row["risk_score"]) == ("1", "2", "false", "")
