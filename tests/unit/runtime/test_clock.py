import pytest

from headrace.runtime.clock import DAY_US, from_us, iso, iso_us


@pytest.mark.parametrize(
    "us",
    [0, 1, 999_999, 1_000_000, DAY_US - 1, 951_782_400_000_000, 1_767_225_599_999_999,
     253_402_300_799_999_999, -1, -DAY_US],
)  # fmt: skip
def test_a_number_of_microseconds_reads_as_its_moment(us: int) -> None:
    assert iso_us(us) == iso(from_us(us))


def test_times_are_told_in_utc_with_all_their_digits() -> None:
    assert iso_us(1_772_366_400_000_000) == "2026-03-01T12:00:00.000000Z"
