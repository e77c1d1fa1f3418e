"""A record is made by name: columns of one type can't change places unseen."""

import pytest

from headrace.runtime.journal.record import COLUMNS, Record


def test_columns_given_by_position_are_refused():
    with pytest.raises(TypeError):
        Record(1, 2)


def test_each_column_is_filled_in_by_its_name():
    given = {name: place for place, name in enumerate(COLUMNS)}
    made = Record(**given)
    assert {name: getattr(made, name) for name in COLUMNS} == given
