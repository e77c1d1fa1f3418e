"""Bounds, and bodies that are too large, too slow or never come."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http.admission import Admission, Bound, ClientGone
from headrace.serve.http.problems import Problem

SETTINGS = GatewaySettings(body_bytes_max=100, gateway_body_bytes_max=150, body_timeout_s=0.05)


def arriving(
    *pieces: bytes, then: dict[str, Any] | None = None
) -> Callable[[], Coroutine[Any, Any, Any]]:
    """The pieces; after them `then`, or nothing for ever."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive() -> Any:
        if messages:
            return messages.pop(0)
        if then is None:
            await asyncio.Event().wait()
        return then

    return receive


END = {"type": "http.request", "body": b"", "more_body": False}


def test_a_bound_refuses_at_once_what_goes_beyond() -> None:
    bound = Bound("payments", 3)
    bound.take(2)
    with pytest.raises(Problem) as refused:
        bound.take(2)
    assert refused.value.refusal is Refusal.OVERLOADED
    assert (bound.taken, bound.refused) == (2, 1)
    with bound:
        assert bound.taken == 3
    assert bound.taken == 2
    bound.give(2)
    bound.take(3)


async def test_a_body_in_pieces_comes_together() -> None:
    admission = Admission(SETTINGS)
    assert await admission.body(arriving(b"ab", b"", b"cd", then=END), b"4") == b"abcd"
    assert admission.body_bytes.taken == 0


async def test_a_body_that_is_there_already_is_not_waited_for() -> None:
    whole = {"type": "http.request", "body": b"abcd", "more_body": False}
    reading = Admission(SETTINGS).body(arriving(then=whole), b"4")
    with pytest.raises(StopIteration) as read:
        reading.send(None)
    assert read.value.value == b"abcd"


async def test_a_body_that_comes_later_is_whole() -> None:
    coming: asyncio.Queue[Any] = asyncio.Queue()
    reading = asyncio.create_task(Admission(SETTINGS).body(coming.get, b"4"))
    await asyncio.sleep(0)
    coming.put_nowait({"type": "http.request", "body": b"ab", "more_body": True})
    await asyncio.sleep(0)
    coming.put_nowait({"type": "http.request", "body": b"cd"})
    assert await reading == b"abcd"


async def test_a_body_that_never_begins_ends_at_the_time_out() -> None:
    with pytest.raises(Problem) as refused:
        await Admission(SETTINGS).body(arriving(), b"4")
    assert refused.value.refusal is Refusal.BODY_TIMED_OUT


async def test_a_body_may_have_exactly_the_bytes_allowed() -> None:
    admission = Admission(SETTINGS)
    assert len(await admission.body(arriving(b"x" * 60, b"y" * 40, then=END), None)) == 100


@pytest.mark.parametrize("pieces", [(b"x" * 101,), (b"x" * 60, b"y" * 41)])
@pytest.mark.parametrize("declared", [None, b"101", b"7"])
async def test_too_large(pieces: tuple[bytes, ...], declared: bytes | None) -> None:
    admission = Admission(SETTINGS)
    with pytest.raises(Problem) as refused:
        await admission.body(arriving(*pieces, then=END), declared)
    assert refused.value.refusal is Refusal.BODY_TOO_LARGE
    assert admission.body_bytes.taken == 0


async def test_a_declared_size_is_refused_unread() -> None:
    async def receive() -> Any:
        raise AssertionError("read")

    with pytest.raises(Problem) as refused:
        await Admission(SETTINGS).body(receive, b"101")
    assert refused.value.refusal is Refusal.BODY_TOO_LARGE


async def test_half_a_body_ends_at_the_time_out_and_holds_nobody_up() -> None:
    admission = Admission(SETTINGS)
    slow = asyncio.create_task(admission.body(arriving(b"x" * 90), b"100"))
    await asyncio.sleep(0)
    assert await admission.body(arriving(b"quick", then=END), b"5") == b"quick"
    with pytest.raises(Problem) as refused:
        await slow
    assert refused.value.refusal is Refusal.BODY_TIMED_OUT
    assert admission.body_bytes.taken == 0


async def test_bodies_together_are_bounded() -> None:
    admission = Admission(SETTINGS)
    slow = asyncio.create_task(admission.body(arriving(b"x" * 90), b"100"))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await admission.body(arriving(b"y" * 61, then=END), None)
    assert refused.value.refusal is Refusal.OVERLOADED
    with pytest.raises(Problem):
        await slow
    assert admission.body_bytes.taken == 0


async def test_a_client_that_hangs_up_is_gone() -> None:
    admission = Admission(SETTINGS)
    gone = {"type": "http.disconnect"}
    for pieces in ((), (b"half",)):
        with pytest.raises(ClientGone):
            await admission.body(arriving(*pieces, then=gone), None)
    assert admission.body_bytes.taken == 0
