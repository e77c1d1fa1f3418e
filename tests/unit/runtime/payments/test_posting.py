"""Money moves between two accounts, and the record says how both stand after it."""

import pytest
from scene import ANNA, SHOP, Written, record

from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.payments.posting import move, post


def test_both_balances_change_at_once(scene):
    anna, shop = scene.anna(500, held=20), scene.shop(40, held=3)
    move(scene.book, scene.batch, 70, anna, shop)
    assert scene.moved() == {"anna": (-70, 0), "shop": (70, 0)}
    assert scene.written() == Written(accounts={ANNA, SHOP})
    assert (anna.batch, shop.batch) == (9, 9)


def test_the_record_has_both_as_they_are_after_it(scene):
    anna, shop = scene.anna(500, held=20), scene.shop(40, held=3)
    posted = record(K.DEPOSITED, amount=70)
    post(scene.book, scene.batch, posted, anna, shop)
    assert posted == record(
        K.DEPOSITED, amount=70, debit=ANNA, debit_posted=430, debit_held=20, credit=SHOP,
        credit_posted=110, credit_held=3,
    )  # fmt: skip
    assert scene.moved() == {"anna": (-70, 0), "shop": (70, 0)}


@pytest.mark.parametrize(
    ("payer", "payee", "payer_after", "payee_after"),
    [
        (-(2**63), 2**63 - 1, 2**63 - 1, -(2**63)),
        (-(2**63) + 1, 2**63 - 2, -(2**63), 2**63 - 1),
        (2**63 - 1, -(2**63), 2**63 - 2, -(2**63) + 1),
    ],
)
def test_balances_that_all_share_go_on_modulo_64_bits(
    scene, payer, payee, payer_after, payee_after
):
    one, other = scene.anna(payer), scene.shop(payee)
    move(scene.book, scene.batch, 1, one, other)
    assert (one.posted, other.posted) == (payer_after, payee_after)


def test_how_both_stood_is_kept_once_a_batch(scene):
    anna, shop = scene.anna(500), scene.shop(40)
    before = {ANNA: anna.balances(), SHOP: shop.balances()}
    for _ in range(2):
        move(scene.book, scene.batch, 70, anna, shop)
    assert scene.batch.accounts == before
