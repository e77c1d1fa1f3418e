"""What an actor remembers: sequences, keys, legs, what is undone and what is evicted."""

import pytest
from scene import ANNA, BEFORE, BERT, EUR, FAR, NOON, SHOP, Written, far_leg

from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import BATCHES_REMEMBERED, Book, Partition, again
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal as R

DONE = Done(1, 2, 3, bytes(16), 5, 6, 7, 8, 9, 10, 11, 12)


def leg(seq, partition=0):
    return far_leg(seq, partition=partition, debtor=ANNA, creditor=FAR)


# Partitions


def test_sequences_have_no_gaps_and_the_batch_knows_where_it_began(scene):
    home = scene.book.partitions[0]
    seqs = [scene.book.next_seq(scene.batch, home, now) for now in (NOON, NOON + 5, NOON + 3)]
    assert seqs == [101, 102, 103]
    assert (home.seq, home.at, home.last_ordinal) == (103, NOON + 5, 105_000)
    assert scene.written() == Written(started_from={0: (100, BEFORE, 105_000)})


@pytest.mark.parametrize(("now", "at"), [(BEFORE - 1, BEFORE), (BEFORE, BEFORE), (NOON, NOON)])
def test_a_partitions_time_is_the_later_of_its_own_and_now(scene, now, at):
    scene.book.next_seq(scene.batch, scene.book.partitions[1], now)
    assert scene.book.partitions[1].at == at


def test_transit_begins_at_the_oldest_open_leg_or_at_what_comes_next(scene):
    home = scene.book.partitions[0]
    assert home.transit_from() == 101
    home.open_legs = {40: leg(40), 50: leg(50)}
    assert home.transit_from() == 40


# Accounts


def test_accounts_are_found_by_number_and_those_with_an_id_by_it(scene):
    anna = scene.anna()
    assert scene.book.accounts[ANNA] is scene.book.by_id[1, "anna"] is anna
    system = {n for n, a in scene.book.accounts.items() if not a.id}
    assert len(system) == 6
    assert list(scene.book.by_id) == [(1, "anna")]


@pytest.mark.parametrize(("number", "owned"), [(ANNA, True), (BERT, True), (FAR, False)])
def test_an_account_is_owned_with_its_partition(scene, number, owned):
    assert scene.book.owns(number) is owned


def test_an_id_is_owned_with_its_partition_known_or_not(scene):
    ids = [f"id-{n}" for n in range(20)]
    assert [scene.book.owns_id(7, id) for id in ids] == [partition_of(7, id, 4) < 2 for id in ids]


def test_a_forgotten_account_is_gone_from_both(scene):
    scene.anna()
    scene.shop()
    scene.book.forget_account(ANNA)
    scene.book.forget_account(ANNA)
    scene.book.forget_account(4 * EUR + 1)
    assert list(scene.book.by_id) == [(1, "shop")]
    assert {ANNA, 4 * EUR + 1}.isdisjoint(scene.book.accounts)


def test_what_a_batch_touches_has_its_number(scene):
    anna = scene.anna(500)
    scene.shop()
    payment = scene.payment(scene.held())
    scene.next_batch()
    scene.book.touch(scene.batch, anna)
    scene.book.touch_payment(scene.batch, payment)
    assert (anna.batch, payment.batch) == (11, 11)
    assert scene.written() == Written(accounts={ANNA}, payments={payment.id})


# Legs


def test_a_leg_is_under_way_from_its_record_until_its_end_is_committed(scene):
    book, opened = scene.book, leg(101)
    assert not book.under_way((0, 101))
    book.open_leg(scene.batch, opened)
    assert book.partitions[0].open_legs == {101: opened}
    assert book.under_way((0, 101))
    assert not book.under_way((1, 101))
    assert not book.under_way((2, 101))
    assert scene.written() == Written(legs_opened=[opened])
    scene.next_batch()
    book.close_leg(scene.batch, opened)
    assert scene.written() == Written(legs_closed=[opened])
    assert book.partitions[0].open_legs == {}
    assert book.closing_legs == {(0, 101)}
    assert book.under_way((0, 101))
    scene.next_batch()
    assert not book.under_way((0, 101))
    assert book.closing_legs == set()


def test_only_the_legs_of_the_committed_batch_are_over(scene):
    for seq in (101, 102):
        scene.book.open_leg(scene.batch, leg(seq))
    scene.book.close_leg(scene.batch, leg(101))
    first, scene.batch = scene.batch, Batch(10)
    scene.book.close_leg(scene.batch, leg(102))
    scene.book.committed(first)
    assert scene.book.closing_legs == {(0, 102)}


# Keys


def test_a_known_key_is_answered_as_at_first(scene):
    book = scene.book
    book.remember_key(scene.batch, (1, "k"), 5, DONE)
    assert book.known((1, "k"), 5) == again(DONE)
    assert book.known((1, "k"), 6) == Refused(R.KEY_REUSED)
    assert book.known((2, "k"), 5) is None
    assert book.known((1, "l"), 5) is None
    assert scene.written() == Written(keys=[(1, "k")])


def test_the_answer_again_is_the_first_but_for_its_mark():
    assert again(DONE) == Done(1, 2, 3, bytes(16), 5, 6, 7, 8, 9, 10, 11, 12, True)
    assert DONE.replayed is False


def test_a_field_that_answers_get_one_day_is_in_the_answer_again_too():
    class Wider(Done, array_like=True, tag=1):
        fee: int = 0

    first = Wider(partition=1, seq=2, at=3, amount=10, fee=4)
    assert again(first) == Wider(partition=1, seq=2, at=3, amount=10, fee=4, replayed=True)


def test_keys_and_carried_legs_are_remembered_for_some_batches(scene):
    book = scene.book
    book.remember_key(scene.batch, (1, "k"), 5, DONE)
    book.answered_legs[2, 7] = 0
    scene.batch.answered_legs.append((2, 7))
    for _ in range(BATCHES_REMEMBERED):
        scene.next_batch()
        assert book.known((1, "k"), 5) is not None
        assert book.answered_legs == {(2, 7): 0}
        book.remember_key(scene.batch, (1, "later"), 5, DONE)
    scene.next_batch()
    assert book.known((1, "k"), 5) is None
    assert book.known((1, "later"), 5) is not None
    assert book.answered_legs == {}


def test_eight_batches_are_remembered():
    assert BATCHES_REMEMBERED == 8


# Undone


def test_undone_sequences_times_and_places_are_as_before(scene):
    for partition in scene.book.partitions.values():
        scene.book.next_seq(scene.batch, partition, NOON)
        scene.book.next_seq(scene.batch, partition, NOON + 5)
        partition.last_ordinal += 3
    scene.book.undo(scene.batch)
    assert [(p.seq, p.at, p.last_ordinal) for p in scene.book.partitions.values()] == [
        (100, BEFORE, 105_000), (200, BEFORE, 106_000),
    ]  # fmt: skip


def test_undone_keys_and_carried_legs_are_unknown(scene):
    book = scene.book
    book.remember_key(scene.batch, (1, "old"), 5, DONE)
    book.answered_legs[2, 6] = 0
    scene.batch.answered_legs.append((2, 6))
    scene.next_batch()
    book.remember_key(scene.batch, (1, "k"), 5, DONE)
    book.answered_legs[2, 7] = 0
    scene.batch.answered_legs.append((2, 7))
    book.undo(scene.batch)
    assert list(book.keys) == [(1, "old")]
    assert book.answered_legs == {(2, 6): 0}


def test_an_opened_leg_is_not_open_when_undone(scene):
    scene.book.open_leg(scene.batch, leg(101))
    scene.book.open_leg(scene.batch, leg(201, 1))
    scene.book.undo(scene.batch)
    assert [p.open_legs for p in scene.book.partitions.values()] == [{}, {}]


def test_closed_legs_are_open_again_in_their_order(scene):
    home = scene.book.partitions[0]
    legs = [leg(n) for n in (97, 98, 99)]
    for opened in legs:
        scene.book.open_leg(Batch(1), opened)
    scene.book.close_leg(scene.batch, legs[2])
    scene.book.close_leg(scene.batch, legs[0])
    scene.book.undo(scene.batch)
    assert list(home.open_legs.items()) == [(97, legs[0]), (98, legs[1]), (99, legs[2])]
    assert scene.book.closing_legs == set()


def test_a_leg_opened_and_closed_in_the_batch_is_neither_when_undone(scene):
    home, book = scene.book.partitions[0], scene.book
    for _ in range(2):
        book.open_leg(scene.batch, opened := leg(book.next_seq(scene.batch, home, NOON)))
        book.close_leg(scene.batch, opened)
    book.undo(scene.batch)
    assert home.open_legs == {}
    assert book.closing_legs == set()


def test_a_leg_of_the_newest_committed_record_is_open_again(scene):
    home = scene.book.partitions[0]
    scene.book.open_leg(Batch(1), newest := leg(100))
    scene.book.close_leg(scene.batch, newest)
    scene.book.next_seq(scene.batch, home, NOON)
    scene.book.undo(scene.batch)
    assert home.open_legs == {100: newest}


def test_legs_of_other_partitions_stay_when_one_is_undone(scene):
    home, other = scene.book.partitions.values()
    scene.book.open_leg(Batch(1), kept := leg(150, 1))
    scene.book.open_leg(Batch(1), closed := leg(99))
    scene.book.close_leg(scene.batch, closed)
    scene.book.undo(scene.batch)
    assert (home.open_legs, other.open_legs) == ({99: closed}, {150: kept})


# Forgotten and evicted


def test_on_doubt_everything_is_forgotten(scene):
    scene.anna(500)
    scene.far()
    scene.pay(100, creditor="far")
    scene.book.forget_all()
    fresh = Book(4)
    assert {n: v for n, v in vars(scene.book).items() if n != "_remembered"} == {
        n: v for n, v in vars(fresh).items() if n != "_remembered"
    }


def of_batches(*numbers):
    """A book with one account and one payment of each of these batches."""
    book = Book(4)
    for n, batch in enumerate(numbers):
        book.add(account := Account(ANNA + n, 1, f"a{n}", EUR))
        account.batch = batch
    return book


def left(book):
    return [n - ANNA for n in book.accounts]


@pytest.mark.parametrize(
    ("accounts_max", "gone", "expected"),
    [
        (11, 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (10, 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (9, 2, [2, 3, 4, 5, 6, 7, 8, 9]),
        (5, 6, [6, 7, 8, 9]),
        (1, 10, []),
    ],
)
def test_above_its_bound_it_drops_to_nine_tenths_what_was_used_longest_ago(
    accounts_max, gone, expected
):
    book = of_batches(*range(1, 11))
    assert book.evict(accounts_max, 1, 99, 99) == gone
    assert left(book) == expected
    assert [id for _, id in book.by_id] == [f"a{n}" for n in expected]


@pytest.mark.parametrize(
    ("committed", "expected"), [(0, [0, 1, 2, 3]), (1, [1, 2, 3]), (3, [3]), (4, [])]
)
def test_what_an_open_batch_touched_stays(committed, expected):
    book = of_batches(1, 2, 3, 4)
    assert book.evict(1, 1, committed, 99) == 4 - len(expected)
    assert left(book) == expected


def test_of_the_same_batch_as_many_go_as_must():
    book = of_batches(3, 1, 3, 3, 2)
    assert book.evict(3, 1, 9, 99) == 3
    assert left(book) == [2, 3]


def test_what_is_needed_now_and_then_is_used_last():
    book = of_batches(5, 1, 4)
    assert book.evict(2, 1, 9, 99) == 2
    assert left(book) == [0]


def test_payments_have_a_bound_of_their_own(scene):
    scene.anna(1_000)
    scene.shop()
    held = [scene.payment(scene.held()).id for _ in range(10)]
    assert scene.book.evict(99, 10, 99, 99) == 0
    assert list(scene.book.payments) == held
    assert scene.book.evict(99, 9, 99, 99) == 0
    assert list(scene.book.payments) == held[2:]
    assert {ANNA, SHOP} <= scene.book.accounts.keys()
    scene.book.evict(99, 1, 12, 99)
    assert list(scene.book.payments) == held[4:]


def test_creditors_are_dropped_oldest_first(scene):
    for n in range(5):
        scene.book.creditors[1, f"c{n}"] = Creditor(FAR + n, EUR, False)
    scene.book.evict(5, 9, 0, 99)
    assert len(scene.book.creditors) == 5
    scene.book.evict(3, 9, 0, 99)
    assert [id for _, id in scene.book.creditors] == ["c2", "c3", "c4"]


# Batches


def test_a_batch_is_as_long_as_its_records_and_columns(scene):
    assert len(scene.batch) == 0
    scene.anna(500)
    scene.far()
    sent = [scene.leg(scene.pay(10, creditor="far")) for _ in range(3)]
    assert len(scene.batch) == 3
    scene.settle_legs(*sent[:2])
    assert len(scene.batch) == 5


def test_a_new_book_is_empty():
    book = Book(7)
    assert book.partitions_total == 7
    assert not any([book.partitions, book.accounts, book.by_id, book.creditors, book.payments,
                    book.closing_legs, book.keys, book.answered_legs])  # fmt: skip


def test_a_payments_leg_is_what_its_record_says(scene):
    scene.anna(500)
    scene.far()
    sent = scene.pay(100, creditor="far")
    assert isinstance(scene.leg(sent), OpenLeg)
    assert sent.state == S.AUTHORIZED
    assert Partition(3, 1, 9, 0, 0).transit_from() == 10


def test_windows_of_evicted_accounts_are_kept_up_to_a_bound(scene):
    people = scene.anna(1), scene.shop(1), scene.bert(1)
    for n, account in enumerate(people):
        account.windows.observe(NOON + n, 5)
    scene.book.evict(0, 0, 99, 2)
    kept = {account.number: account.windows.state for account in people[1:]}
    assert scene.book.windows == kept
    assert scene.book.accounts == {}


def test_windows_that_have_seen_nothing_are_not_kept(scene):
    scene.anna(1)
    scene.book.evict(0, 0, 99, 99)
    assert scene.book.windows == {}


def test_a_days_payments_are_counted_on_for_those_that_have_a_limit_of_a_day(scene):
    """Of accounts opened in the last batch; those of earlier ones are left as they are."""
    free, limited, earlier = scene.anna(), scene.shop(daily_count_max=1), scene.bert()
    scene.book._opened_lately = [free.number, limited.number, 99]
    scene.book.stop_counting()
    assert (free.counts, limited.counts, earlier.counts) == (False, True, True)
    free.counts = True
    scene.book.stop_counting()
    assert free.counts, "told once"
