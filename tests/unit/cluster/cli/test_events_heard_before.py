"""A stream that is taken up again may repeat events: what was heard before is told once."""

import json

import pytest

from headrace.cluster.cli.event_stream import Event, Heard


def event(id: object, position: str = "p") -> Event:
    return Event(position, json.dumps({"data": {"id": "x"}, "id": id}))


def test_what_was_heard_is_known_whatever_position_it_comes_with() -> None:
    heard = Heard()
    assert [heard.before(event(id)) for id in ("a", "b")] == [False, False]
    assert heard.before(event("a", "elsewhere"))
    assert not heard.before(event("x"))


def test_so_many_are_kept() -> None:
    heard = Heard(kept_max=2)
    for id in ("a", "b", "c"):
        assert not heard.before(event(id))
    assert [heard.before(event(id)) for id in ("c", "b", "a")] == [True, True, False]


@pytest.mark.parametrize("data", ["", "{", "[]", "1", '{"x":1}', '{"id":1}'])
def test_what_has_no_id_is_never_known(data: str) -> None:
    heard = Heard()
    assert [heard.before(Event("p", data)) for _ in range(2)] == [False, False]
