"""By which pairs of metadata payments are found."""

from uuid import UUID

import pytest

from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.payments.metadata import PAYMENT_METADATA, Found, pairs_in, pairs_of

MASTER, OTHER = MasterKey(bytes(32)), MasterKey(bytes(31) + b"1")


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (b'{"metadata":{"order":"2041","channel":"web"}}', ["order=2041", "channel=web"]),
        (b'{"description":"d","metadata":{"a":"b=c","a=b":"c"}}', ["a=b=c", "a=b=c"]),
        (b'{"metadata":{"empty":"","number":1,"none":null}}', ["empty="]),
        (b'{"description":"\\"metadata\\":{\\"a\\":\\"b\\"}"}', []),
        (b'{"metadata":null}', []),
        (b"{}", []),
    ],
)
def test_a_pair_is_its_name_an_equals_sign_and_its_value(text: bytes, pairs: list[str]) -> None:
    assert list(pairs_in(text)) == pairs


def test_nothing_has_no_pairs() -> None:
    assert list(pairs_of(None)) == list(pairs_of({})) == []


def test_a_digest_is_of_one_pair_one_tenant_and_one_ledgers_key() -> None:
    digest = MASTER.pairs.of(5, "order=2041")
    assert digest == MasterKey(bytes(32)).pairs.of(5, "order=2041")
    assert -(2**63) <= digest < 2**63
    others = [
        MASTER.pairs.of(6, "order=2041"), MASTER.pairs.of(5, "order=2042"),
        OTHER.pairs.of(5, "order=2041"),
    ]  # fmt: skip
    assert len({digest, *others}) == 4


def test_rows_are_written_as_columns_of_digests_and_payments() -> None:
    one, other = UUID(int=1), UUID(int=2)
    rows = [Found(7, one.bytes), Found(-8, other.bytes)]
    assert PAYMENT_METADATA.columns(rows) == ([7, -8], [one, other])
