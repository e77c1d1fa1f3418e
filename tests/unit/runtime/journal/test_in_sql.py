"""Words for figures in SQL: each becomes a constant, what is unknown is an error, casts stay."""

import pytest

from headrace.runtime.journal.account_numbers import FIRST_ORDINAL
from headrace.runtime.journal.in_sql import UnknownWord, expand
from headrace.runtime.journal.kinds import KINDS, Family, RecordKind
from headrace.runtime.journal.states import STATES, PaymentState


def test_each_word_becomes_what_the_tables_say():
    assert expand("kind = :kind(captured)") == f"kind = {int(RecordKind.CAPTURED)}"
    first = ", ".join(str(int(kind)) for kind in sorted(KINDS["first"]))
    assert expand("kind IN :kinds(first)") == f"kind IN ({first})"
    low, high = Family.COUNTERPART.value
    assert expand("kind BETWEEN :family(counterpart)") == f"kind BETWEEN {low} AND {high}"
    assert expand("state = :state(declined)") == f"state = {int(PaymentState.DECLINED)}"
    holds = ", ".join(str(int(state)) for state in sorted(STATES["holds"]))
    assert expand("state IN :states(holds)") == f"state IN ({holds})"
    assert expand(":reason(review_expired):account_state(closed)") == "83"
    assert expand("< :number(first_ordinal)") == f"< {FIRST_ORDINAL}"


@pytest.mark.parametrize("sql", ["$1::bigint[]", "'1'::numeric(20)", "a::timestamptz (x)"])
def test_casts_stay(sql):
    assert expand(sql) == sql


@pytest.mark.parametrize("sql", [":kind(nothing)", ":kinds(settled)", ":states(x)", ":sort(x)"])
def test_an_unknown_word_is_an_error(sql):
    with pytest.raises(UnknownWord, match=r"nothing|settled|x"):
        expand(sql)
