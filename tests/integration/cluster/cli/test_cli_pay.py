"""`headrace pay` against a small platform over real HTTP: nothing is paid twice, whatever fails."""

import asyncio
import csv
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

Json = dict[str, Any]


class Done(NamedTuple):
    code: int
    told: Json
    messages: str


def payment(i: int, **change: Any) -> Json:
    return {
        "idempotency_key": f"k{i}",
        "debtor": f"customer-{i % 7}",
        "creditor": f"shop-{i % 3}",
        "amount": 100 + i,
        "currency": "EUR",
    } | change


def write(path: Path, items: list[Json]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


async def start(url: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "headrace.cluster.cli", "pay", *arguments, "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"HEADRACE_URL": url, "HEADRACE_API_KEY": "key"},
    )  # fmt: skip


async def end(process: asyncio.subprocess.Process) -> Done:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    lines = out.decode().splitlines()
    assert lines, err.decode()
    return Done(process.returncode or 0, json.loads(lines[-1]), err.decode())


async def pay(url: str, *arguments: str) -> Done:
    return await end(await start(url, *arguments))


def counts(done: Done) -> tuple[int, ...]:
    names = ("submitted", "settled", "declined", "in_review", "refused", "replayed")
    return tuple(done.told[name] for name in names)


async def test_a_file_is_paid_once_however_often_it_is_run(
    small_platform: Any, tmp_path: Path
) -> None:
    small_platform.opening_s = 0.2
    rows = [payment(i) for i in range(250)]
    rows[3]["amount"] = 0
    rows[5]["metadata"] = {"review": "yes"}
    rows[7]["amount"] = 10**9
    file, out = write(tmp_path / "file.ndjson", rows), tmp_path / "out.ndjson"
    arguments = (str(file), "--open-missing", "1000.00", "--batch", "40", "--out", str(out))
    async with small_platform.served() as url:
        first = await pay(url, *arguments)
        again = await pay(url, *arguments)
    assert (first.code, counts(first)) == (0, (250, 247, 1, 1, 1, 0))
    assert first.told["refusals"] == {"invalid_amount": 1}
    assert (again.code, counts(again)) == (0, (250, 247, 1, 1, 1, 249))
    assert small_platform.posted == 248
    assert sorted(small_platform.deposits) == [f"customer-{i}" for i in range(7)]
    answered = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["row"] for row in answered] == list(range(1, 251))
    assert [row["idempotency_key"] for row in answered] == [f"k{i}" for i in range(250)]
    assert answered[3]["status"] == "refused"
    assert answered[7]["decline_reason"] == "insufficient_funds"
    assert {row["status"] for row in answered} == {"settled", "refused", "in_review", "declined"}


async def test_answers_come_in_file_order_and_requests_are_bounded(
    small_platform: Any, tmp_path: Path
) -> None:
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(300)])
    out = tmp_path / "out.csv"
    small_platform.reads_until_settled = 2
    async with small_platform.served() as url:
        done = await pay(
            url, str(file), "--open-missing", "1000", "--batch", "10", "--in-flight", "3",
            "--out", str(out),
        )  # fmt: skip
    assert counts(done) == (300, 300, 0, 0, 0, 0)
    assert small_platform.out_max <= 3
    with out.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [int(row["row"]) for row in rows] == list(range(1, 301))
    assert {row["status"] for row in rows} == {"settled"}


async def test_an_answer_that_was_lost_is_asked_for_again(
    small_platform: Any, tmp_path: Path
) -> None:
    lost: list[str] = []

    def fault(after: bool, items: list[Json]) -> Response | None:
        if len(lost) < 6 and after == bool(len(lost) % 2):
            lost.append(items[0]["idempotency_key"])
            return JSONResponse({"code": "unavailable"}, 503 if len(lost) % 3 else 500)
        return None

    small_platform.fault = fault
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(100)])
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000", "--batch", "20")
    assert len(lost) == 6
    assert (done.code, done.told["settled"]) == (0, 100)
    assert done.told["replayed"] > 0
    assert small_platform.posted == 100


PAGES = (
    Response("Path '/v1/payment-batches' not found.", 404),
    Response("<html>400 Bad request", 400, media_type="text/html"),
    Response("<html>413", 413, media_type="text/html"),
    Response("<html>maintenance", 200, media_type="text/html"),
    Response("Internal Server Error", 500),
    JSONResponse({"detail": "Forbidden"}, 403),
)


async def test_pages_of_others_are_no_answers_and_every_row_is_paid(
    small_platform: Any, tmp_path: Path
) -> None:
    """A platform on its way up or down; taken for answers, 65,000 rows were given up."""
    pages = [page for page in PAGES for _ in range(2)]

    def fault(after: bool, items: list[Json]) -> Response | None:
        return pages.pop() if pages and after == bool(len(pages) % 2) else None

    small_platform.fault = fault
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(100)])
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000", "--batch", "20")
    assert not pages
    assert (done.code, done.told["settled"], done.told["refused"]) == (0, 100, 0)
    assert small_platform.posted == 100
    assert "trying again for" in done.messages


async def test_patience_counts_from_the_last_row_that_was_answered(
    small_platform: Any, tmp_path: Path
) -> None:
    """A platform that answers one row a request, for longer than the patience in all."""
    answered: set[str] = set()
    turn: list[str] = []

    def fault(after: bool, items: list[Json]) -> None:
        if not after:
            turn[:] = [items[0]["idempotency_key"]]

    def away(item: Json) -> bool:
        if item["idempotency_key"] in turn:
            answered.add(item["idempotency_key"])
        return item["idempotency_key"] not in answered

    small_platform.fault, small_platform.away = fault, away
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(30)])
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000", "--patience", "1")
    assert (done.code, done.told["settled"]) == (0, 30)
    assert done.told["seconds"] > 1


async def test_items_whose_partition_is_away_are_sent_again_alone(
    small_platform: Any, tmp_path: Path
) -> None:
    tried: dict[str, int] = {}
    sizes: list[int] = []

    def away(item: Json) -> bool:
        tried[item["idempotency_key"]] = tried.get(item["idempotency_key"], 0) + 1
        return item["debtor"] == "customer-2" and tried[item["idempotency_key"]] < 3

    def fault(after: bool, items: list[Json]) -> None:
        sizes.append(len(items))

    small_platform.away, small_platform.fault = away, fault
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(70)])
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000")
    assert counts(done) == (70, 70, 0, 0, 0, 0)
    assert sizes == [70, 70, 10, 10, 10, 10]


async def test_patience_ends_and_what_was_answered_is_told(
    small_platform: Any, tmp_path: Path
) -> None:
    small_platform.away = lambda item: item["debtor"] == "customer-2"
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(70)])
    out = tmp_path / "out.ndjson"
    arguments = (str(file), "--open-missing", "1000", "--batch", "7", "--patience", "0.5",
                 "--out", str(out))  # fmt: skip
    async with small_platform.served() as url:
        done = await pay(url, *arguments)
        assert done.code == 3
        assert done.told["error"]["code"] == "unreachable"
        unanswered, submitted = done.told["unanswered"], done.told["submitted"]
        assert unanswered + submitted == 70  # those that were never sent, too
        assert submitted == small_platform.posted == len(out.read_text().splitlines())
        assert f"{unanswered} rows have no answer: run it again" in done.messages
        assert "nothing is paid twice" in done.messages
        small_platform.away = lambda item: False
        again = await pay(url, *arguments)
    assert (again.code, again.told["settled"]) == (0, 70)
    assert again.told["replayed"] == submitted >= 48  # of eight chunks at once
    assert small_platform.posted == 70


async def test_bare_404s_are_waited_out_while_there_is_progress(
    small_platform: Any, tmp_path: Path
) -> None:
    """Half of all requests meet a page of something in the platform's place."""
    asked: list[int] = []

    def fault(after: bool, items: list[Json]) -> Response | None:
        if after:
            return None
        asked.append(len(items))
        return PlainTextResponse("no route", 404) if len(asked) % 2 else None

    small_platform.fault = fault
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(70)])
    async with small_platform.served() as url:
        arguments = ("--open-missing", "1000", "--batch", "7", "--in-flight", "1")
        done = await pay(url, str(file), *arguments, "--patience", "10")
    assert counts(done) == (70, 70, 0, 0, 0, 0)
    assert len(asked) == 20
    assert small_platform.posted == 70


async def test_one_key_twice_is_answered_by_the_ledger_wherever_batches_begin(
    small_platform: Any, tmp_path: Path
) -> None:
    rows = [payment(0), payment(0), payment(0, amount=7), payment(1)]
    file = write(tmp_path / "file.ndjson", rows)
    for batch in ("1", "4"):
        small_platform.payments.clear()
        async with small_platform.served() as url:
            done = await pay(url, str(file), "--open-missing", "1000", "--batch", batch,
                             "--in-flight", "1")  # fmt: skip
        assert counts(done) == (4, 2, 0, 0, 1, 0)
        assert done.told["repeated_in_file"] == 1
        assert done.told["refusals"] == {"key_reused": 1}


async def test_a_batch_refused_as_a_whole_is_halved_down_to_the_item(
    small_platform: Any, tmp_path: Path
) -> None:
    def fault(after: bool, items: list[Json]) -> Response | None:
        if any("\n" in item["debtor"] for item in items):
            told = {"code": "invalid_field", "errors": [{"field": "debtor", "reason": "newline"}]}
            return JSONResponse(told, 422)
        return None

    small_platform.fault = fault
    rows = [payment(i) for i in range(30)]
    rows[11]["debtor"] = "a\nb"
    file = write(tmp_path / "file.ndjson", rows)
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000")
    assert counts(done) == (30, 29, 0, 0, 1, 0)
    assert done.told["refusals"] == {"invalid_field": 1}


async def test_payments_held_for_capture_are_not_waited_for(
    small_platform: Any, tmp_path: Path
) -> None:
    file = write(tmp_path / "file.ndjson", [payment(i, capture="manual") for i in range(10)])
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000")
    assert (done.code, done.told["authorized"], done.told["settled"]) == (0, 10, 0)


async def test_a_payment_reviewed_since_is_counted_as_it_stands(
    small_platform: Any, tmp_path: Path
) -> None:
    rows = [payment(i, metadata={"review": "yes"} if i == 2 else {}) for i in range(4)]
    rows[3]["capture"] = "manual"
    file = write(tmp_path / "file.ndjson", rows)
    arguments = (str(file), "--open-missing", "1000", "--batch", "1")
    async with small_platform.served() as url:
        first = await pay(url, *arguments)
        small_platform.payments["k2"]["now"] = "declined"
        small_platform.payments["k3"]["now"] = "settled"
        again = await pay(url, *arguments)
    assert counts(first) == (4, 2, 0, 1, 0, 0)
    assert first.told["authorized"] == 1
    assert counts(again) == (4, 3, 1, 0, 0, 4)


async def test_what_never_arrives_is_reported_as_on_its_way(
    small_platform: Any, tmp_path: Path
) -> None:
    small_platform.reads_until_settled = 10**9
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(10)])
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000", "--patience", "1")
    assert (done.code, done.told["authorized"]) == (3, 5)
    assert "5 payments are still on their way" in done.messages


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interruption_pays_nothing_twice(
    small_platform: Any, tmp_path: Path, number: signal.Signals
) -> None:
    seen = asyncio.Event()

    def fault(after: bool, items: list[Json]) -> None:
        if len(small_platform.payments) > 200:
            seen.set()

    small_platform.fault = fault
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(1_500)])
    arguments = (str(file), "--open-missing", "1000000", "--batch", "20", "--in-flight", "2")
    async with small_platform.served() as url:
        process = await start(url, *arguments)
        await asyncio.wait_for(seen.wait(), 30)
        process.send_signal(number)
        stopped = await end(process)
        paid = small_platform.posted
        again = await pay(url, *arguments)
    assert stopped.code == 130
    assert stopped.told["error"]["code"] == "interrupted"
    assert 0 < stopped.told["submitted"] == paid < 1_500
    assert (again.code, counts(again)) == (0, (1_500, 1_500, 0, 0, 0, paid))
    assert small_platform.posted == 1_500


async def test_a_killed_run_pays_nothing_twice(small_platform: Any, tmp_path: Path) -> None:
    seen = asyncio.Event()

    def fault(after: bool, items: list[Json]) -> None:
        if len(small_platform.payments) > 200:
            seen.set()

    small_platform.fault = fault
    file = write(tmp_path / "file.ndjson", [payment(i) for i in range(2_000)])
    arguments = (str(file), "--open-missing", "1000000", "--batch", "20")
    async with small_platform.served() as url:
        process = await start(url, *arguments)
        await asyncio.wait_for(seen.wait(), 30)
        process.kill()
        await process.communicate()
        again = await pay(url, *arguments)
    assert (again.code, again.told["settled"]) == (0, 2_000)
    assert again.told["replayed"] > 0
    assert small_platform.posted == 2_000


async def test_a_file_that_breaks_off_tells_what_was_paid(
    small_platform: Any, tmp_path: Path
) -> None:
    file = tmp_path / "file.json"
    file.write_text(json.dumps([payment(i) for i in range(50)])[:-1] + ', {"idempotency_key": ')
    async with small_platform.served() as url:
        done = await pay(url, str(file), "--open-missing", "1000", "--batch", "10")
    assert done.code == 2
    assert "item 51" in done.messages
    assert done.told["submitted"] == done.told["settled"] == small_platform.posted == 50


async def test_standard_input(small_platform: Any, tmp_path: Path) -> None:
    text = "idempotency_key,debtor,creditor,amount,currency\nk1,a,b,12.50,EUR\n"
    async with small_platform.served() as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "headrace.cluster.cli", "pay", "-", "--format", "csv",
            "--open-missing", "100", "--json", "--url", url, "--api-key", "key",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(text.encode()), 30)
    assert json.loads(out.splitlines()[-1])["settled"] == 1
    assert small_platform.accounts == {"a": 8_750, "b": 1_250}
