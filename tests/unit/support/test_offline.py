"""A unit test that reached a server or Ray would pass on one machine and not on the next."""

import asyncio
import socket

import pytest
import ray


def test_a_socket_was_opened() -> None:
    with (
        socket.socket() as probe,
        pytest.raises(pytest.fail.Exception, match=r"socket\.bind in a unit test"),
    ):
        probe.bind(("127.0.0.1", 0))
    with pytest.raises(pytest.fail.Exception, match="in a unit test"):
        socket.create_connection(("127.0.0.1", 1))


async def test_a_server_was_called() -> None:
    with pytest.raises(pytest.fail.Exception, match="in a unit test"):
        await asyncio.open_connection("127.0.0.1", 1)
    with pytest.raises(pytest.fail.Exception, match="in a unit test"):
        await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)


def test_ray_was_started() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"ray\.init in a unit test"):
        ray.init()
