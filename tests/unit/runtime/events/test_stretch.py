"""Pages of a stretch follow from its bounds: any of them is found again from a record in it."""

from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.events.stretch import Stretch


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    partitions = draw(st.integers(1, 12))
    after = {p: draw(st.integers(0, 9)) for p in range(partitions)}
    ends = {p: seq + draw(st.integers(0, 30)) for p, seq in after.items()}
    return Stretch(after, ends, draw(st.integers(1, 25)))


def pages(stretch: Stretch) -> list[tuple[dict[int, int], dict[int, int]]]:
    """Where each begins, and how far it goes."""
    at, found = dict(stretch.after), []
    while page := stretch.page_from(at):
        found.append((dict(at), page))
        at.update(page)
    assert at == stretch.ends
    return found


@given(stretches())
def test_pages_are_the_stretch_and_within_their_bound(stretch: Stretch) -> None:
    covered = []
    for at, page in pages(stretch):
        assert 0 < sum(end - at[p] for p, end in page.items()) <= stretch.page_max
        covered += [(p, seq) for p, end in page.items() for seq in range(at[p] + 1, end + 1)]
    whole = [
        (p, seq) for p, end in stretch.ends.items() for seq in range(stretch.after[p] + 1, end + 1)
    ]
    assert sorted(covered) == sorted(whole)


@given(stretches())
def test_a_record_leads_to_its_page(stretch: Stretch) -> None:
    for at, page in pages(stretch):
        for p, end in page.items():
            assert stretch.page_of(p, at[p] + 1) == stretch.page_of(p, end) == at


@given(stretches())
def test_what_is_outside_leads_nowhere(stretch: Stretch) -> None:
    for p, end in stretch.ends.items():
        assert stretch.page_of(p, stretch.after[p]) is None
        assert stretch.page_of(p, end + 1) is None
    assert stretch.page_of(len(stretch.ends), 1) is None
