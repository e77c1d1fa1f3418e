"""What stands in a path is one of ours, or nobody's."""

from typing import Any

import pytest

from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.gateway.paths import account_in, payment_in
from headrace.serve.http.admission import Admission
from headrace.serve.http.problems import Problem
from headrace.serve.http.request import Request


async def nothing() -> Any:
    return {"type": "http.request"}


def request(**params: str) -> Request:
    made = Request({"method": "GET", "headers": []}, nothing, "/", Admission(GatewaySettings()))
    made.params = params
    return made


def test_a_payments_path_names_one_of_our_partitions() -> None:
    good = "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003"
    assert payment_in(request(payment=good.upper()), 16).hex() == good.replace("-", "")
    for bad in (
        "x",
        good + "0",
        good[:-1] + "g",
        "0197f2a46a007c319b523e1d0c4f0003",
        good[:-4] + "0010",
    ):
        with pytest.raises(Problem) as refused:
            payment_in(request(payment=bad), 16)
        assert refused.value.refusal is Refusal.UNKNOWN_PAYMENT


def test_an_accounts_path_has_the_form_of_ids() -> None:
    assert account_in(request(account="a@b.c:+=-_")) == "a@b.c:+=-_"
    for bad in ("-a", "a b", "a\x00", "a\n", "x" * 129):
        with pytest.raises(Problem) as refused:
            account_in(request(account=bad))
        assert refused.value.refusal is Refusal.UNKNOWN_ACCOUNT
