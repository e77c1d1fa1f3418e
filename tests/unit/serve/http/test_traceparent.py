from headrace.serve.http.traceparent import trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_well_formed_header_gives_its_trace() -> None:
    for header in (
        f"00-{TRACE}-00f067aa0ba902b7-01",
        f" 00-{TRACE}-00f067aa0ba902b7-00 ",
        f"cc-{TRACE}-00f067aa0ba902b7-01-what-a-later-level-says",
    ):
        assert trace_id(header.encode()).hex() == TRACE


def test_anything_else_gives_a_new_one() -> None:
    seen = set()
    for header in (
        None,
        b"",
        b"junk",
        f"ff-{TRACE}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-00f067aa0ba902b7-01-more".encode(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01".encode(),
    ):
        made = trace_id(header)
        assert len(made) == 16
        assert made.hex() != TRACE
        seen.add(made)
    assert len(seen) == 8
