"""Numbers past 2^53 left as bare JSON numbers, and JavaScript reads another amount: what is
available, a balance and a credit line together, came to twice as much.

| door | input | |
|---|---|---|
| account: available | a balance and a credit line, each within its bound | found |
| account: a credit line raised, where a balance is high | by PATCH | found |
| account opened with one, then deposits, payments, refunds, captures | | found |
| money on its way back to an account with a credit line | its room is kept | found |
| amounts, limits, balances, parts of a payment | bounded by 10^15 and 2^53 - 1 | clean |
| events, statements | amounts and posted balances only | clean |
| `12.0`, an integer to JSON Schema | refused; the schema says so now | found |
"""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.engine_in_memory import EUR, Engine

from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import ChangeAccount, Command, Fund, OpenAccount, Pay
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.payments.payment_request import PaymentRequest
from headrace.serve.http.decoding import decode
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import Problem

DOUBLES_MAX = 2**53 - 1
ACCOUNTS = ("anna", "bert", "shop")


class Platform:
    """One after another."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.asked = 0

    def ask(self, command: Command) -> Done | Refused:
        batch = self.engine.batch()
        answer = self.engine.decide(batch, command)
        self.engine.commit(batch)
        self.asked += 1
        return answer

    def open(self, account: str, credit_line: int = 0) -> Done | Refused:
        return self.ask(OpenAccount(1, account, EUR, credit_line))

    def line(self, account: str, credit_line: int) -> Done | Refused:
        return self.ask(ChangeAccount(1, account, credit_line=credit_line))

    def fund(self, account: str, amount: int) -> Done | Refused:
        return self.ask(Fund(1, account, amount, EUR, f"k{self.asked}", 1))

    def pay(self, debtor: str, creditor: str, amount: int) -> Done | Refused:
        return self.ask(Pay(1, debtor, creditor, amount, EUR, f"k{self.asked}", 1))

    def available(self, account: str) -> int:
        (kept,) = [a for a in self.engine.accounts.values() if a.id == account]
        posted, held = self.engine.balance(kept.number)
        return posted - held + kept.credit_line


def told(answer: Done | Refused) -> Refusal | None:
    return Refusal(answer.refusal) if isinstance(answer, Refused) else None


@pytest.mark.parametrize("line", [0, 1, 10**15, BALANCE_MAX - 1, BALANCE_MAX])
def test_a_balance_and_its_credit_line_share_one_bound(line: int) -> None:
    platform = Platform()
    platform.open("anna", line)
    room = BALANCE_MAX - line
    assert told(platform.fund("anna", room + 1)) is Refusal.AMOUNT_TOO_LARGE
    if room:
        assert told(platform.fund("anna", room)) is None
    assert platform.available("anna") == DOUBLES_MAX
    assert told(platform.fund("anna", 1)) is Refusal.AMOUNT_TOO_LARGE
    if line < BALANCE_MAX:
        assert told(platform.line("anna", line + 1)) is Refusal.AMOUNT_TOO_LARGE
    assert told(platform.line("anna", line)) is None
    assert told(platform.line("anna", 0)) is None


def test_what_may_come_back_has_its_room_beside_a_credit_line() -> None:
    platform = Platform()
    platform.open("anna", 100)
    for creditor in ("bert", "shop", "carl", "dora", "emil"):
        platform.open(creditor)
        platform.pay("anna", creditor, 20)
    on_the_way = sum(leg.amount for leg in platform.engine.open_legs())
    assert on_the_way
    line = BALANCE_MAX - platform.available("anna") + 100 - on_the_way
    assert told(platform.line("anna", line + 1)) is Refusal.AMOUNT_TOO_LARGE
    assert told(platform.line("anna", line)) is None


AMOUNTS = st.sampled_from([1, 100, 10**15, BALANCE_MAX // 2, BALANCE_MAX - 10**15, BALANCE_MAX])
NAMES = st.sampled_from(ACCOUNTS)
STEPS = st.one_of(
    st.tuples(st.just("line"), NAMES, AMOUNTS | st.just(0)),
    st.tuples(st.just("fund"), NAMES, AMOUNTS | AMOUNTS.map(int.__neg__)),
    st.tuples(st.just("pay"), NAMES, NAMES, AMOUNTS).filter(lambda step: step[1] != step[2]),
)


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=60)
def test_whatever_is_done_what_is_available_stays_within_doubles(
    steps: list[tuple[str, ...]],
) -> None:
    platform = Platform()
    for account in ACCOUNTS:
        platform.open(account)
    for do, *arguments in steps:
        getattr(platform, do)(*arguments)
        for account in ACCOUNTS:
            assert platform.available(account) <= DOUBLES_MAX


def test_an_amount_with_a_fraction_is_refused_and_the_schema_says_so() -> None:
    body = {"debtor": "a", "creditor": "b", "amount": 12.0, "currency": "EUR"}
    with pytest.raises(Problem) as refused:
        decode(decoder(PaymentRequest), json.dumps(body).encode())
    assert refused.value.refusal is Refusal.INVALID_AMOUNT
    (schema,) = msgspec.json.schema_components([PaymentRequest])[1].values()
    assert (
        "`1250.0`, an integer to JSON Schema, is refused"
        in (schema["properties"]["amount"]["description"])
    )
