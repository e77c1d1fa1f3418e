import asyncio
import socket
from functools import partial
from struct import pack
from typing import Any

import pytest
import uvloop

from headrace.actors.direct_calls import (
    KEEP_ALIVE,
    Address,
    CallFailed,
    Connection,
    Line,
    _Answering,
    listen,
)
from headrace.runtime.settings.partition import CallSettings

TIMEOUT_S = 60.0
LATE = 3
SILENCE_S = 60.0


class Other:
    """The side that is called; `echo` answers with what it got, `late` once it is told to."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.all_late = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, data: bytes) -> bytes:
        self.asked.append(data)
        if data == b"late":
            if self.asked.count(b"late") == LATE:
                self.all_late.set()
            await self.let_go.wait()
        if data == b"broken":
            raise ValueError("no such thing")
        return data


@pytest.fixture
async def other() -> tuple[Other, Address]:
    answering = Other()
    return answering, await listen(answering, "127.0.0.1")


def line_to(*addresses: Address, silence_s_max: float = SILENCE_S) -> Line:
    """Finds the first at first, then the next."""
    left = list(addresses)

    async def find() -> Address:
        return left.pop(0) if len(left) > 1 else left[0]

    return Line(find, silence_s_max, CallSettings())


async def test_answers_go_to_their_calls_in_any_order(other: tuple[Other, Address]) -> None:
    answering, address = other
    line = line_to(address)
    late = asyncio.ensure_future(line.call(b"late"))
    many = [bytes([n % 256]) * n for n in (0, 1, 300, 70_000, 1_000_000)]
    assert await asyncio.gather(*(line.call(data) for data in many)) == many
    assert not late.done()
    answering.let_go.set()
    assert await asyncio.wait_for(late, TIMEOUT_S) == b"late"


async def test_an_error_reaches_its_caller_and_nobody_else(other: tuple[Other, Address]) -> None:
    line = line_to(other[1])
    with pytest.raises(CallFailed, match="no such thing"):
        await line.call(b"broken")
    assert await line.call(b"next") == b"next"


async def test_a_stranger_is_not_answered(other: tuple[Other, Address]) -> None:
    answering, address = other
    with pytest.raises(ConnectionError):
        await line_to(address._replace(secret=bytes(32))).call(b"let me in")
    assert answering.asked == []


async def test_a_stranger_cannot_fill_the_memory(other: tuple[Other, Address]) -> None:
    _, address = other
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(pack(">IIB", 60 * 1024 * 1024, 0, 0) + bytes(1000))
    answer = await asyncio.gather(
        asyncio.wait_for(reader.read(), TIMEOUT_S), return_exceptions=True
    )
    assert answer == [b""] or isinstance(answer[0], ConnectionError)
    writer.close()


async def test_a_call_given_up_disturbs_no_other(other: tuple[Other, Address]) -> None:
    answering, address = other
    line = line_to(address)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.call(b"late"), 0.05)
    answering.let_go.set()
    assert await line.call(b"next") == b"next"


async def test_whoever_goes_leaves_no_call_waiting(other: tuple[Other, Address]) -> None:
    answering, address = other
    line = line_to(address)
    calls = [asyncio.ensure_future(line.call(b"late")) for _ in range(LATE)]
    await asyncio.wait_for(answering.all_late.wait(), TIMEOUT_S)
    line.drop()
    done = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), TIMEOUT_S)
    assert [type(error) for error in done] == [ConnectionError] * LATE


async def test_after_the_end_somebody_else_is_found(other: tuple[Other, Address]) -> None:
    second = Other()
    line = line_to(other[1], await listen(second, "127.0.0.1"))
    assert await line.call(b"first") == b"first"
    line.drop()
    assert await line.call(b"second") == b"second"
    assert second.asked == [b"second"]


async def test_calls_that_come_while_it_connects_share_the_connection(
    other: tuple[Other, Address],
) -> None:
    looked_up = 0

    async def find() -> Address:
        nonlocal looked_up
        looked_up += 1
        await asyncio.sleep(0)
        return other[1]

    line = Line(find, SILENCE_S, CallSettings())
    await asyncio.gather(*(line.call(b"%d" % n) for n in range(10)))
    assert looked_up == 1


async def test_nobody_there_is_an_error_and_looked_for_again(other: tuple[Other, Address]) -> None:
    line = line_to(other[1]._replace(port=1), other[1])
    with pytest.raises(ConnectionRefusedError):
        await line.call(b"too early")
    assert await line.call(b"now") == b"now"


async def test_a_machine_that_has_gone_keeps_no_caller(other: tuple[Other, Address]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and that is all
        gone = Address("127.0.0.1", silent.getsockname()[1], bytes(32))
        line = line_to(gone, other[1], silence_s_max=0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.call(b"anybody there?"), 0.1)
        assert await asyncio.wait_for(line.call(b"next"), TIMEOUT_S) == b"next"


async def test_a_call_given_up_at_once_ends_no_connection(other: tuple[Other, Address]) -> None:
    answering, address = other
    line = line_to(address, address._replace(port=1))
    late = asyncio.ensure_future(line.call(b"late"))
    assert await line.call(b"first") == b"first"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.call(b"late"), 0.01)
    answering.let_go.set()
    assert await asyncio.wait_for(late, TIMEOUT_S) == b"late"


async def test_whoever_is_being_looked_for_in_vain_can_be_dropped(
    other: tuple[Other, Address],
) -> None:
    asked = asyncio.Event()

    async def find() -> Address:
        if asked.is_set():
            return other[1]
        asked.set()
        return await asyncio.get_running_loop().create_future()  # a handle to a machine that went

    line = Line(find, SILENCE_S, CallSettings())
    first = asyncio.ensure_future(line.call(b"first"))
    await asyncio.wait_for(asked.wait(), TIMEOUT_S)
    line.drop()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(first, TIMEOUT_S)
    assert await asyncio.wait_for(line.call(b"next"), TIMEOUT_S) == b"next"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_both_sides_ask_whether_the_other_is_there(loop: str) -> None:
    sockets: list[Any] = []

    async def options() -> list[list[int]]:
        both = asyncio.Event()

        def made(frames: Connection | _Answering, transport: asyncio.BaseTransport) -> None:
            type(frames).connection_made(frames, transport)
            sockets.append(transport.get_extra_info("socket"))
            if len(sockets) == 2:
                both.set()

        def watched(frames: Connection | _Answering) -> Connection | _Answering:
            frames.connection_made = partial(made, frames)  # type: ignore[method-assign]  # a spy on one connection
            return frames

        running = asyncio.get_running_loop()
        server = await running.create_server(
            lambda: watched(_Answering(Other(), b"")), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        await running.create_connection(lambda: watched(Connection()), "127.0.0.1", port)
        await asyncio.wait_for(both.wait(), TIMEOUT_S)
        return [
            [s.getsockopt(level, option) for option, (level, _) in KEEP_ALIVE.items()]
            for s in sockets
        ]

    expected = [value for _, value in KEEP_ALIVE.values()]
    run = asyncio.run if loop == "asyncio" else uvloop.run
    assert run(options()) == [expected, expected]
