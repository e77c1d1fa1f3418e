"""A name given twice: the last value won, and nobody was told.

`{"amount":1,"amount":777}` moved 777, while what stood before us (a proxy, a firewall, a log) may
have read 1.

| door | input | |
|---|---|---|
| body of a single request | a member twice, first and last or side by side | found |
| the same | the second spelled with an escape, or with blanks before its colon | found |
| the same | a name within `metadata`, or within `limits` | found |
| batch: an array, `{"items": []}`, NDJSON | a member twice in one item | found, that item alone |
| the same | `items` itself twice | found, all of it |
| query | a parameter twice, also spelled with percents | found |
| headers with one value | Idempotency-Key, Authorization, Content-Type, ... | found |
| headers that are lists | Accept, Prefer in several lines: only the last was read | found |
| traceparent twice | no trace of anybody's: a new one | found |
| path parameters | stand once by construction | clean |
| values, not names, that look like names; the same name in two objects | | clean |
"""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.listing import ListQuery
from headrace.serve.gateway.payments.payment_request import BatchPaymentRequest, PaymentRequest
from headrace.serve.http import names_once
from headrace.serve.http.admission import Admission
from headrace.serve.http.batch_body import BatchBody
from headrace.serve.http.decoding import decode
from headrace.serve.http.door import routes
from headrace.serve.http.headers import SINGLE
from headrace.serve.http.problems import PROBLEMS, Problem
from headrace.serve.http.request import Request

PAYMENT = {"debtor": "alice", "creditor": "bob", "amount": 1250, "currency": "EUR"}
ITEM = PAYMENT | {"idempotency_key": "k"}
ONE = names_once.decoder(PaymentRequest)
MANY = BatchBody(BatchPaymentRequest)


def with_more(more: str, of: dict[str, Any] = PAYMENT) -> bytes:
    return (json.dumps(of)[:-1] + "," + more + "}").encode()


TWICE = [
    ('"amount":777', "amount"),
    ('"amoun\\u0074":777', "amount"),
    ('"amount" :777', "amount"),
    ('"amount"\n:\t777', "amount"),
    ('"amount":1250', "amount"),
    ('"reference":"a","description":"b","reference":"c"', "reference"),
    ('"reference":null,"reference":"c"', "reference"),
    ('"reference":"c","reference":null', "reference"),
    ('"capture":"automatic","capture":"automatic"', "capture"),
    ('"reference":"\\u003a\\"","amount":777', "amount"),
    ('"reference":"\\u0022\\u0022","amount":777', "amount"),
    ('"reference":"\\\\u0022","amount":777', "amount"),
    ('"metadata":{"a\\"":"\\"","b\\u0022\\u0022":""},"amount":777', "amount"),
    ('"occurred_at":"2018-04-01T00:00:31+0200","amount":777', "amount"),
    ('"metadata":{"order":"1","order":"2"}', "metadata.order"),
    ('"metadata":{"order":"1","\\u006frder":"2"}', "metadata.order"),
    ('"metadata":{"a":"1"},"metadata":{"a":"1"}', "metadata"),
    ('"metadata":{"":"1"}', None),
]
ONCE = [
    '"reference":"\\"amount\\":777"',
    '"reference":"amount"',
    '"reference":null,"description":null,"metadata":null',
    '"capture":"automatic","description":"Müller"',
    '"description":"M\\u00fcller"',
    '"description":"\\"M\\u0022"',
    '"metadata":{"amount":"1","debtor":"2","a:b":":"}',
    '"occurred_at":"2018-04-01T00:00:31+02:00","expires_in_s":60',
]


def one(body: bytes) -> PaymentRequest | tuple[Refusal, str]:
    try:
        return decode(ONE, body)
    except Problem as problem:
        return Refusal(problem.refusal), problem.field


@pytest.mark.parametrize(("more", "field"), TWICE)
def test_a_member_twice_in_a_body(more: str, field: str | None) -> None:
    if field is None:  # what is not valid is told as that
        assert one(with_more(more)) == (Refusal.INVALID_FIELD, "metadata")
    else:
        assert one(with_more(more)) == (Refusal.NAME_REPEATED, field)


@pytest.mark.parametrize("more", ONCE)
def test_each_member_once(more: str) -> None:
    assert isinstance(one(with_more(more)), PaymentRequest)


FORMS = {
    "array": (False, b"[%b]", b","),
    "items": (False, b'{"items":[%b]}', b","),
    "lines": (True, b"%b", b"\n\n"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("more", "field"), [row for row in TWICE if row[1]])
def test_an_item_of_a_batch_is_refused_alone(form: str, more: str, field: str) -> None:
    lines, around, between = FORMS[form]
    good = json.dumps(ITEM).encode()
    bad = with_more(more.replace("\n", " "), ITEM)
    for items in ([good, bad, good], [good, bad, good, b'{"amount":"x"}']):
        told = MANY.read(around % between.join(items), lines, 9)
        assert isinstance(told[0], BatchPaymentRequest)
        assert isinstance(told[2], BatchPaymentRequest)
        assert isinstance(told[1], Problem)
        assert (told[1].refusal, told[1].field) == (Refusal.NAME_REPEATED, field)


@pytest.mark.parametrize("items", [b"[]", json.dumps([ITEM]).encode(), b'[{"amount":"x"}]'])
def test_a_batchs_own_member_twice(items: bytes) -> None:
    with pytest.raises(Problem) as refused:
        MANY.read(b'{"items":%b,"items":%b}' % (items, items), False, 9)
    assert (refused.value.refusal, refused.value.field) == (Refusal.NAME_REPEATED, "items")


class Inner(Struct, forbid_unknown_fields=True, omit_defaults=True):
    a: int | None = None
    b: str = "x"


class Outer(Struct, forbid_unknown_fields=True, omit_defaults=True):
    a: str
    b: Inner | None = None
    c: dict[str, str] | None = None


OUTER = names_once.decoder(Outer)
NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["", "x", '"', "\\", ":", '":', "a", 'a":1', "é"])
NUMBERS = st.none() | st.integers(0, 9)


def pairs(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[str, Any]]]:
    return st.lists(st.tuples(NAMES, values), max_size=4)


def written(value: Any, escaped: bool, blanks: str) -> str:
    """JSON with pairs in the place of an object, names twice and all."""
    if isinstance(value, list):
        inner = (
            f"{written(n, escaped, blanks)}{blanks}:{written(v, escaped, blanks)}" for n, v in value
        )
        return "{" + ",".join(inner) + "}"
    if escaped and isinstance(value, str):
        return '"' + "".join(f"\\u{ord(c):04x}" for c in value) + '"'
    return json.dumps(value, ensure_ascii=False)


def twice(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return len({n for n, _ in value}) < len(value) or any(twice(v) for _, v in value)


@given(
    pairs(TEXTS | NUMBERS | pairs(TEXTS | NUMBERS)), st.booleans(), st.sampled_from(["", " ", "\n"])
)
def test_what_passes_has_each_name_once_and_what_has_passes(
    value: list[tuple[str, Any]], escaped: bool, blanks: str
) -> None:
    text = written(value, escaped, blanks).encode()
    try:
        plain = msgspec.json.decode(text, type=Outer)
    except msgspec.ValidationError:
        return
    if twice(value):
        with pytest.raises(Problem) as refused:
            decode(OUTER, text)
        assert refused.value.refusal is Refusal.NAME_REPEATED
    else:
        assert decode(OUTER, text) == plain


def test_every_body_that_is_served_can_be_counted() -> None:
    bodies = [route.body for route in routes(DOORS) if route.body is not None]
    assert len(bodies) > 10
    for body in bodies:
        for part in getattr(body, "__args__", (body,)):
            if part.__name__ not in ("BatchItems", "AccountItems"):  # only told, never decoded
                names_once.decoder(part)


def test_a_body_that_could_not_be_counted_is_not_made() -> None:
    class Keeps(Struct):
        a: int | None = None

    class MadeAnew(Struct, omit_defaults=True):
        a: list[int] = msgspec.field(default_factory=lambda: [1])

    for kind in (Keeps, list[Keeps], MadeAnew):
        with pytest.raises(TypeError):
            names_once.decoder(kind)


ADMISSION = Admission(GatewaySettings())


def request(*headers: tuple[str, str], query: bytes = b"") -> Request:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    told = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"method": "POST", "headers": told, "query_string": query}
    return Request(scope, receive, "/", ADMISSION)


@pytest.mark.parametrize("query", [b"limit=1&limit=2", b"limit=1&cursor=a&%6cimit=1"])
def test_a_parameter_twice(query: bytes) -> None:
    with pytest.raises(Problem) as refused:
        request(query=query).query(ListQuery)
    assert (refused.value.refusal, refused.value.field) == (Refusal.NAME_REPEATED, "limit")


@pytest.mark.parametrize("name", sorted(name.decode() for name in SINGLE))
def test_a_header_of_one_value_twice(name: str) -> None:
    asked = request(("accept", "a"), (name, "x"), ("accept", "b"), (name, "x"))
    assert asked.repeated == name.title()


def test_the_lines_of_a_list_are_one_list() -> None:
    asked = request(("prefer", "respond-async"), ("host", "h"), ("Prefer", "wait=7"))
    assert asked.repeated == ""
    assert asked.headers[b"prefer"] == b"respond-async, wait=7"
    assert asked.wait_s(30.0) == 7


def test_two_traces_are_none() -> None:
    traces = [f"00-{c * 32}-{'1' * 16}-01" for c in "ab"]
    asked = request(*(("traceparent", trace) for trace in traces))
    assert asked.repeated == ""
    assert asked.trace.hex() not in (traces[0][3:35], traces[1][3:35])


def test_it_is_a_400() -> None:
    assert PROBLEMS[Refusal.NAME_REPEATED].status == 400
