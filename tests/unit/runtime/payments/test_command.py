"""What travels to a partition and back, and where a command goes."""

import msgspec
import pytest
from scene import EUR, NOON

from headrace.runtime.commands import decode, home_of
from headrace.runtime.ids import payment_id
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments import answer, command
from headrace.runtime.payments.answer import Done, LegsDone, Refused
from headrace.runtime.payments.command import (
    Act,
    ChangeAccount,
    Fund,
    OpenAccount,
    Pay,
    PaymentAction,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.refusals import RETRYABLE, Refusal

PAYMENT, TRACE = payment_id(NOON, 3), bytes(range(16))
FULL = [
    Pay(1, "anna", "shop", 2, EUR, "k", -(2**63), TRACE, True, 4, 5, "ref", b"{}"),
    Act(1, PAYMENT, PaymentAction.CAPTURE, 5, False, "k", 2**63 - 1, TRACE, b"{}"),
    OpenAccount(1, "anna", EUR, 2, 3, 4, 5, TRACE),
    ChangeAccount(1, "anna", True, True, 2, 3, 4, 5, TRACE),
    Fund(1, "anna", -5, EUR, "k", 6, TRACE, "ref", b"{}"),
    PostLegs([1, 2], [3, 4], True),
    SettleLegs([1, 2], [3, 4], [0, 9]),
]
LEAST = [
    (Pay(1, "anna", "shop", 2, EUR, "k", 3),
     Pay(1, "anna", "shop", 2, EUR, "k", 3, bytes(16), False, 0, 0, None, None)),
    (Act(1, PAYMENT, 3), Act(1, PAYMENT, 3, 0, True, None, 0, bytes(16), None)),
    (OpenAccount(1, "anna", EUR), OpenAccount(1, "anna", EUR, 0, 0, 0, 0, bytes(16))),
    (ChangeAccount(1, "anna"),
     ChangeAccount(1, "anna", None, False, None, None, None, None, bytes(16))),
    (Fund(1, "anna", 5, EUR, "k", 6), Fund(1, "anna", 5, EUR, "k", 6, bytes(16), None, None)),
    (PostLegs([1], [2]), PostLegs([1], [2], False)),
]  # fmt: skip
ANSWERS = [
    Done(1, 2, 3, PAYMENT, 5, 6, 7, 8, 9, 10, 11, 12, True),
    Done(1, 2, 3),
    Refused(Refusal.KEY_REUSED, "amount", "detail"),
    Refused(Refusal.UNAVAILABLE),
]


def test_commands_arrive_as_they_were_sent():
    assert decode(command.encode(FULL)) == FULL


@pytest.mark.parametrize(("least", "full"), LEAST, ids=lambda c: type(c).__name__)
def test_what_is_left_out_means(least, full):
    assert least == full
    assert decode(command.encode([least])) == [full]


def test_answers_arrive_as_they_were_sent():
    assert answer.decode(answer.encode(ANSWERS)) == ANSWERS


@pytest.mark.parametrize("told", [LegsDone([0, -1, 9]), LegsDone([]), Refused(Refusal.UNAVAILABLE)])
def test_answers_to_legs_arrive_as_they_were_sent(told):
    assert answer.decode_legs(answer.encode(told)) == told


def test_an_answer_says_no_more_than_it_must():
    assert ANSWERS[1] == Done(1, 2, 3, b"", 0, 0, -1, 0, 0, 0, 0, 0, False)
    assert ANSWERS[3] == Refused(41, "", "")


@pytest.mark.parametrize("data", [b"", b"\x91\x91\x63", command.encode([[99, 1]]), b"\x80"])
def test_what_is_no_command_is_refused(data):
    with pytest.raises(msgspec.DecodeError):
        decode(data)


@pytest.mark.parametrize("partitions", [1, 4, 4096])
@pytest.mark.parametrize("tenant", [1, 2])
@pytest.mark.parametrize("id", ["anna", "shop"])
def test_a_command_goes_to_its_accounts_partition(partitions, tenant, id):
    home = partition_of(tenant, id, partitions)
    for sent in (
        Pay(tenant, id, "bert", 1, EUR, "k", 0), OpenAccount(tenant, id, EUR),
        ChangeAccount(tenant, id), Fund(tenant, id, 1, EUR, "k", 0),
    ):  # fmt: skip
        assert home_of(sent, partitions) == home


@pytest.mark.parametrize("partition", [0, 3, 255, 256, 4095])
def test_what_is_done_to_a_payment_goes_to_its_home(partition):
    assert home_of(Act(1, payment_id(NOON, partition), 1), 4096) == partition


@pytest.mark.parametrize("legs", [PostLegs([1], [2]), SettleLegs([1], [2], [0])])
def test_legs_are_routed_by_whoever_sends_them(legs):
    with pytest.raises(TypeError, match="straight to an actor"):
        home_of(legs, 4)


def test_legs_are_told_from_commands_of_clients():
    assert [isinstance(c, command.LegCommand) for c in FULL] == [False] * 5 + [True] * 2


def test_what_may_be_sent_again_unchanged():
    assert frozenset({Refusal.OVERLOADED, Refusal.UNAVAILABLE}) == RETRYABLE


def test_refusals_and_reasons_have_stable_numbers():
    numbers = {name: member.value for name, member in Refusal.__members__.items()}
    assert numbers == {
        "UNAUTHENTICATED": 1, "KEY_EXPIRED": 2, "FORBIDDEN": 3, "NOT_FOUND": 4,
        "METHOD_NOT_ALLOWED": 5, "UNSUPPORTED_MEDIA_TYPE": 6, "BODY_TOO_LARGE": 7, "MALFORMED_JSON":
        8, "INVALID_FIELD": 9, "INVALID_AMOUNT": 10, "UNKNOWN_CURRENCY": 11,
        "IDEMPOTENCY_KEY_MISSING": 12, "SAME_ACCOUNT": 13, "TOO_MANY_ITEMS": 14,
        "DUPLICATE_KEY_IN_BATCH": 15, "BODY_TIMED_OUT": 16, "TENANT_EXISTS": 17,
        "MALFORMED_REQUEST": 18, "NAME_REPEATED": 19, "KEY_REUSED": 20,
        "UNKNOWN_PAYMENT": 21, "UNKNOWN_ACCOUNT": 22, "ACCOUNT_EXISTS": 23, "CURRENCY_MISMATCH": 24,
        "ACCOUNT_FROZEN": 25, "ACCOUNT_CLOSED": 26, "BALANCE_NOT_ZERO": 27, "INSUFFICIENT_FUNDS":
        28, "WRONG_STATE": 30, "AMOUNT_TOO_LARGE": 31, "TOO_MANY_MOVEMENTS": 32, "OWN_REVIEW": 33,
            "OTHER_HISTORY": 37, "POSITION_EXPIRED": 38,
        "OVERLOADED": 40, "UNAVAILABLE": 41, "INTERNAL_ERROR": 42,
    }  # fmt: skip
    assert list(numbers.values()) == sorted(numbers.values()), "in order of precedence"
    assert {r.name: r.value for r in DeclineReason} == {
        "NONE": 0, "PAYMENT_LIMIT": 1, "DAILY_AMOUNT_LIMIT": 2, "DAILY_COUNT_LIMIT": 3,
        "RISK_REJECTED": 4, "RISK_UNAVAILABLE": 5, "INSUFFICIENT_FUNDS": 6, "REVIEW_REJECTED": 7,
        "REVIEW_EXPIRED": 8, "CREDITOR_CLOSED": 9, "CREDITOR_FROZEN": 10, "BALANCE_LIMIT": 11,
    }  # fmt: skip
