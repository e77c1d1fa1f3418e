"""Payments over HTTP, against real partitions and a real ledger."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.policy import RiskOutcome

if TYPE_CHECKING:
    from .conftest import House

Json = dict[str, Any]
REVIEW = Risk(int(RiskOutcome.REVIEW), 712, int(RiskFlag.MODEL_REVIEW), 1)
REJECT = Risk(int(RiskOutcome.REJECT), 990, int(RiskFlag.MODEL_REJECT), 1)
ACCOUNTS = ("alice", "bob", "carol", "dora", "emil")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def pay(house: "House", key: str, headers: Json | None = None, **fields: Any) -> Any:
    body = {"debtor": "alice", "creditor": "bob", "amount": 1250, "currency": "EUR", **fields}
    return await house.client().post(
        "/v1/payments", json=body, headers={"Idempotency-Key": key, **(headers or {})}
    )


async def settled(house: "House", key: str, **fields: Any) -> Json:
    """A payment that has arrived."""
    made = await pay(house, key, {"Prefer": "wait=10"}, **fields)
    assert made.json()["status"] == "settled", made.text
    return made.json()  # type: ignore[no-any-return]  # JSON


async def act(
    house: "House", payment: str, what: str, body: Json | None = None, who: str = "administrator",
    **headers: str,
) -> Any:  # fmt: skip
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await house.client(who).post(f"/v1/payments/{payment}/{what}", json=body, headers=told)


@pytest.mark.parametrize("says", [NOT_SCORED, REVIEW, REJECT])
async def test_a_fresh_answer_is_what_the_ledger_tells_and_its_replay(
    house: "House", says: Risk
) -> None:
    await house.open(*ACCOUNTS)
    house.risk.says = says
    variants: tuple[Json, ...] = (
        {},
        {"reference": "r 1", "description": "two", "metadata": {"b": "2", "a": "1"}},
        {"capture": "manual", "expires_in_s": 60},
        {"amount": 10**9},
        {"occurred_at": "2018-04-01T00:00:31.5+02:00"},
    )
    seen = set()
    for creditor in ACCOUNTS[1:]:
        for n, fields in enumerate(variants):
            key = f"{creditor}-{n}"
            made = await pay(house, key, creditor=creditor, **fields)
            assert made.status_code == 201, made.text
            assert "Idempotent-Replayed" not in made.headers
            again = await pay(house, key, creditor=creditor, **fields)
            assert again.status_code == 201
            assert again.headers["Idempotent-Replayed"] == "true"
            assert again.content == made.content
            seen.add(made.json()["status"])
    # Four creditors over two actors: some of these payments cross, some do not.
    assert (
        seen
        == {
            int(RiskOutcome.ACCEPT): {"settled", "authorized", "declined"},
            int(RiskOutcome.REVIEW): {"in_review", "declined"},
            int(RiskOutcome.REJECT): {"declined"},
        }[says.outcome]
    )


async def test_what_is_empty_is_left_out(house: "House") -> None:
    await house.open(*ACCOUNTS)
    first = await pay(house, "k", {"Prefer": "wait=10"}, description="", metadata={})
    assert (first.json()["description"], first.json()["metadata"]) == (None, None)
    for fields in ({}, {"metadata": {}}, {"description": "", "metadata": None}):
        again = await pay(house, '"k"', **fields)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        assert (again.json()["description"], again.json()["metadata"]) == (None, None)


async def test_a_key_means_one_request(house: "House") -> None:
    await house.open(*ACCOUNTS)
    first = await pay(house, "k")
    others: tuple[Json, ...] = (
        {"amount": 1251}, {"creditor": "carol"}, {"debtor": "carol"}, {"metadata": {"a": ""}},
    )  # fmt: skip
    for different in others:
        again = await pay(house, "k", **different)
        assert (again.status_code, again.json()["code"]) == (422, "key_reused")
    assert (await pay(house, "k")).json() == first.json()


async def test_waiting_shows_the_final_state(house: "House") -> None:
    await house.open(*ACCOUNTS)
    for creditor in ACCOUNTS[1:]:
        made = await pay(house, creditor, {"Prefer": "wait=10"}, creditor=creditor)
        assert made.json()["status"] == "settled"
        assert made.headers["Preference-Applied"] == "wait=10"
    held = await pay(house, "held", {"Prefer": "wait=10"}, capture="manual")
    assert held.json()["status"] == "authorized"


async def test_a_payment_is_found_by_id_key_reference_and_filters(house: "House") -> None:
    await house.open(*ACCOUNTS)
    one = await settled(house, "k1", reference="invoice 7")
    two = await settled(house, "k2", creditor="carol", metadata={"a": "b"})
    client = house.client("member")
    assert (await client.get(f"/v1/payments/{one['id']}")).json() == one

    async def ids(**filters: Any) -> list[str]:
        answer = await client.get("/v1/payments", params=filters)
        assert answer.status_code == 200, answer.text
        return [payment["id"] for payment in answer.json()["items"]]

    assert await ids() == [two["id"], one["id"]]
    assert await ids(idempotency_key="k1") == [one["id"]]
    assert await ids(idempotency_key="nobody") == []
    assert await ids(reference="invoice 7") == [one["id"]]
    assert await ids(creditor="carol", status="settled") == [two["id"]]
    assert await ids(debtor="bob") == []
    assert await ids(created_from=two["created_at"]) == [two["id"]]
    assert await ids(created_to=two["created_at"]) == [one["id"]]
    page = (await client.get("/v1/payments", params={"limit": 1})).json()
    rest = (await client.get("/v1/payments", params={"cursor": page["next_cursor"]})).json()
    assert [p["id"] for p in page["items"] + rest["items"]] == [two["id"], one["id"]]
    for wrong in (
        {"cursor": "x"},
        {"idempotency_key": "k1", "debtor": "bob"},
        {"limit": 0},
        {"colour": "red"},
    ):
        refused = await client.get("/v1/payments", params=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_field")


async def test_a_timeline_tells_everything(house: "House") -> None:
    await house.open(*ACCOUNTS)
    held = (
        await pay(house, "k", {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, capture="manual")
    ).json()
    await act(house, held["id"], "captures", {"amount": 250, "final": False}, Idempotency_Key="c1")
    await act(house, held["id"], "cancel", Idempotency_Key="c2")
    timeline = (await house.client().get(f"/v1/payments/{held['id']}/timeline")).json()["items"]
    assert [e["kind"] for e in timeline if e["kind"] != "sent"] == ["held", "captured", "released"]
    assert timeline[0]["trace_id"] == held["trace_id"] == TRACE


async def test_captures_in_parts(house: "House") -> None:
    await house.open(*ACCOUNTS)
    for creditor in ACCOUNTS[1:]:
        held = (await pay(house, creditor, creditor=creditor, capture="manual")).json()
        assert (held["status"], held["held_amount"]) == ("authorized", 1250)
        first = await act(
            house, held["id"], "captures", {"amount": 800, "final": False},
            Idempotency_Key=f"{creditor}-1", Prefer="wait=10",
        )  # fmt: skip
        assert first.status_code == 201, first.text
        told = first.json()
        assert (told["id"], told["amount"], told["status"]) == (f"{held['id']}:1", 800, "settled")
        assert told["payment"]["status"] == "partially_captured"
        rest = await act(house, held["id"], "captures", Idempotency_Key=f"{creditor}-2")
        again = await act(house, held["id"], "captures", Idempotency_Key=f"{creditor}-2")
        assert rest.json()["amount"] == 450
        assert rest.json()["payment"]["captured_amount"] == 1250
        assert again.content == rest.content
        assert again.headers["Idempotent-Replayed"] == "true"
        over = await act(house, held["id"], "captures", Idempotency_Key=f"{creditor}-3")
        assert (over.status_code, over.json()["code"]) == (409, "wrong_state")


async def test_refunds_in_parts_and_declined_for_want_of_funds(house: "House") -> None:
    await house.open(*ACCOUNTS)
    await house.open("empty", "poor", money=1)
    for creditor in ("bob", "carol", "empty", "poor"):
        paid = await settled(house, creditor, creditor=creditor)
        first = await act(
            house, paid["id"], "refunds", {"amount": 250}, Idempotency_Key=f"{creditor}-r1"
        )
        assert first.json()["status"] == "pending"
        assert first.json()["payment"]["refundable_amount"] == 1000
        rest = await act(
            house, paid["id"], "refunds", Idempotency_Key=f"{creditor}-r2", Prefer="wait=10"
        )
        assert (rest.json()["amount"], rest.json()["status"]) == (1000, "settled")
        assert rest.json()["payment"]["status"] == "refunded"
        again = await act(
            house, paid["id"], "refunds", {"amount": 250}, Idempotency_Key=f"{creditor}-r1"
        )
        assert again.content == first.content
        over = await act(house, paid["id"], "refunds", Idempotency_Key=f"{creditor}-r3")
        assert over.json()["code"] == "wrong_state"


async def test_a_review_is_accepted_or_rejected(house: "House") -> None:
    await house.open(*ACCOUNTS)
    house.risk.says = REVIEW
    for creditor in ACCOUNTS[1:]:
        made = (await pay(house, f"{creditor}-a", creditor=creditor)).json()
        assert made["status"] == "in_review"
        assert made["risk"] == {
            "outcome": "review", "score": 712, "model": 1, "reasons": ["model_review"],
        }  # fmt: skip
        decide = {"who": "reviewer", "Idempotency_Key": f"{creditor}-1", "Prefer": "wait=10"}
        accepted = await act(house, made["id"], "accept", **decide)
        assert (accepted.status_code, accepted.json()["status"]) == (200, "settled")
        late = await act(house, made["id"], "reject", **decide | {"Idempotency_Key": "late"})
        assert late.json()["code"] == "wrong_state"
        made = (await pay(house, f"{creditor}-r", creditor=creditor)).json()
        rejected = await act(
            house, made["id"], "reject", who="reviewer", Idempotency_Key=f"{creditor}-2"
        )
        assert rejected.json()["status"] == "declined"
        assert rejected.json()["decline_reason"] == "review_rejected"


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_who_submitted_a_payment_does_not_decide_its_review(
    house: "House", decision: str
) -> None:
    await house.open(*ACCOUNTS)
    house.risk.says = REVIEW
    single = (await pay(house, "k")).json()["id"]
    item = {
        "idempotency_key": "i", "debtor": "alice", "creditor": "bob", "amount": 5,
        "currency": "EUR",
    }  # fmt: skip
    batch = await house.client().post("/v1/payment-batches", json=[item])
    for payment in (single, batch.json()["results"][0]["payment"]["id"]):
        own = await act(house, payment, decision, Idempotency_Key=f"own-{payment}")
        assert (own.status_code, own.json()["code"]) == (403, "own_review")
        member = await act(
            house, payment, decision, who="member", Idempotency_Key=f"member-{payment}"
        )
        assert (member.status_code, member.json()["code"]) == (403, "forbidden")
        other = await act(house, payment, decision, who="reviewer", Idempotency_Key=payment)
        assert other.status_code == 200, other.text


async def test_a_decision_sent_again_gets_its_first_answer(house: "House") -> None:
    await house.open(*ACCOUNTS)
    for creditor in ACCOUNTS[1:]:
        house.risk.says = REVIEW
        decisions = {"accept": "captured settled", "reject": "declined", "cancel": "cancelled"}
        for decision, states in decisions.items():
            key = f"{creditor}-{decision}"
            made = (await pay(house, f"{key}-p", creditor=creditor)).json()
            asked = {"who": "reviewer", "Idempotency_Key": key}
            first = await act(house, made["id"], decision, **asked)
            assert first.json()["status"] in states.split(), first.text
            assert "Idempotent-Replayed" not in first.headers
            if decision == "accept":  # what happens later is no part of the first answer
                done = await act(house, made["id"], decision, **asked, Prefer="wait=10")
                assert done.json()["status"] == "settled"
                await act(house, made["id"], "refunds", Idempotency_Key=f"{key}-r", Prefer="wait=9")
            again = await act(house, made["id"], decision, **asked)
            assert (again.status_code, again.content) == (200, first.content)
            assert again.headers["Idempotent-Replayed"] == "true"
            for what in {"cancel", "captures", *decisions} - {decision}:
                other = await act(house, made["id"], what, **asked)
                assert (other.status_code, other.json()["code"]) == (422, "key_reused"), what


async def test_a_client_that_hangs_up_takes_nothing_back(house: "House") -> None:
    await house.open(*ACCOUNTS)
    away = asyncio.create_task(pay(house, "k"))
    platform = house.gateway._services
    assert platform is not None
    for _ in range(1000):
        if platform.admission.payments.taken:
            break
        await asyncio.sleep(0)
    away.cancel()
    await asyncio.gather(away, return_exceptions=True)
    again = await pay(house, "k")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert platform.admission.payments.taken == 0


async def test_a_partition_that_is_away(house: "House") -> None:
    await house.open(*ACCOUNTS)
    house.actors.away = {0, 1}
    refused = await pay(house, "k")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    house.actors.away = set()
    assert (await pay(house, "k")).status_code == 201


async def test_the_trace_of_the_request_is_kept(house: "House") -> None:
    await house.open(*ACCOUNTS)
    made = await pay(house, "k", {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert made.headers["Trace-Id"] == made.json()["trace_id"] == TRACE
    again = await pay(house, "k")
    assert again.json()["trace_id"] == TRACE
    assert again.headers["Trace-Id"] != TRACE
