"""Headers, parameters and paths of a request."""

from typing import Any

import pytest
from msgspec import Struct

from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http.admission import Admission
from headrace.serve.http.problems import Problem
from headrace.serve.http.request import Request

ADMISSION = Admission(GatewaySettings())


def request(query: bytes = b"", params: dict[str, str] | None = None, **headers: str) -> Request:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    told = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    scope = {"method": "POST", "headers": told, "query_string": query}
    made = Request(scope, receive, "/", ADMISSION)
    made.params = params or {}
    return made


@pytest.mark.parametrize(
    ("prefer", "wait_s"),
    [
        ("wait=5", 5), ("wait=0", 0), ("wait=999999", 30), ("respond-async, wait=7", 7),
        ("wait = 3; foo", 3), ("WAIT=2", 2), ("", 0), ("wait=-1", 0), ("wait=x", 0),
        ("await=5", 0), ("wait=1.5", 0), ("wait=99999999999", 0),
    ],
)  # fmt: skip
def test_prefer_wait(prefer: str, wait_s: float) -> None:
    assert request(prefer=prefer).wait_s(30.0) == wait_s


@pytest.mark.parametrize("key", ["", "a b", "é", "a\x7f", "x" * 256, " k"])
def test_a_key_is_visible_ascii(key: str) -> None:
    with pytest.raises(Problem) as refused:
        request(idempotency_key=key).idempotency_key()
    assert (refused.value.refusal, refused.value.field) == (
        Refusal.INVALID_FIELD,
        "Idempotency-Key",
    )


def test_keys_that_pass() -> None:
    for key in ("k", "8e03978e-40d5-43dd-bc93-6894a57f9324", "x" * 255, "order/2041~!", 'a"b'):
        assert request(idempotency_key=key).idempotency_key() == key
    assert request().optional_idempotency_key() is None
    with pytest.raises(Problem) as refused:
        request().idempotency_key()
    assert refused.value.refusal is Refusal.IDEMPOTENCY_KEY_MISSING


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json"]
)
@pytest.mark.parametrize("ndjson", [True, False])
async def test_other_content_types(media: str, ndjson: bool) -> None:
    with pytest.raises(Problem) as refused:
        await request(content_type=media).body(ndjson)
    assert refused.value.refusal is Refusal.UNSUPPORTED_MEDIA_TYPE


async def test_content_types_that_pass() -> None:
    assert await request().body() == (b"{}", False)
    assert await request(content_type="Application/JSON; charset=utf-8").body() == (b"{}", False)
    assert await request(content_type="application/x-ndjson").body(ndjson=True) == (b"{}", True)
    with pytest.raises(Problem):
        await request(content_type="application/x-ndjson").body()
    with pytest.raises(Problem) as refused:
        await request(content_encoding="gzip").body()
    assert refused.value.field == "Content-Encoding"


class Query(Struct, forbid_unknown_fields=True):
    name: str = ""
    many: int = 1


def test_parameters() -> None:
    assert request(b"name=a%20b&many=3").query(Query) == Query("a b", 3)
    assert request(b"name=").query(Query) == Query("")
    assert request(b"name=%ff%00").query(Query).name == "\ufffd\x00"
    with pytest.raises(Problem):
        request(b"&".join(b"a=1" for _ in range(100))).query(Query)


def test_the_tenant_must_be_known() -> None:
    with pytest.raises(Problem) as refused:
        _ = request().tenant
    assert refused.value.refusal is Refusal.FORBIDDEN


@pytest.mark.parametrize(
    ("declared", "expected"),
    [(None, 1), ("0", 1), ("1999", 10), ("999999999", 100), ("-5", 1), ("many", 1)],
)
def test_a_bodys_length_tells_about_how_many_items_it_has(
    declared: str | None, expected: int
) -> None:
    headers = {} if declared is None else {"content_length": declared}
    assert request(**headers).items_expected(100) == expected
