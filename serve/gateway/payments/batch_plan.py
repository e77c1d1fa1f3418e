"""A payment batch between its body and its answer."""

from headrace.runtime.keys.text_digest import TextDigest
from headrace.runtime.payments.answer import Answer
from headrace.runtime.payments.command import Pay
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.payments.payment_answer import BatchResult, refused, result
from headrace.serve.gateway.payments.payment_request import BatchPaymentRequest, command
from headrace.serve.http.problems import Problem, ProblemDetails, details

_PENDING = BatchResult(0)


class Plan:
    """A batch on its way: what is submitted, and what was refused for its form."""

    __slots__ = (
        "commands", "digest", "fingerprints", "items", "keys", "refusals", "results", "seen",
    )  # fmt: skip

    def __init__(self, digest: TextDigest) -> None:
        self.digest = digest
        self.keys: list[str] = []
        self.fingerprints: list[int] = []
        """Of the items; 0 where one was refused."""
        self.commands: list[Pay] = []
        self.items: list[int] = []
        """Of each command, the number of its item."""
        self.refusals: dict[int, ProblemDetails] = {}
        self.results: list[BatchResult] = []
        """Of the items refused; a stand-in for the others until they are answered."""
        self.seen: set[str] = set()

    def add(
        self, items: list[BatchPaymentRequest | Problem], tenant: int, trace: bytes, now_us: int,
        by: bytes,
    ) -> None:  # fmt: skip
        """Takes the next items in, sent with the API key `by`."""
        for item in items:
            if isinstance(item, Problem):
                self._refuse("", item)
                continue
            key = item.idempotency_key
            try:
                pay = command(item, tenant, key, trace, now_us, by, self.digest)
            except Problem as problem:
                self._refuse(key, problem)
                continue
            if key in self.seen:
                self._refuse(key, Problem(Refusal.DUPLICATE_KEY_IN_BATCH, field="idempotency_key"))
                continue
            self.seen.add(key)
            self.items.append(len(self.keys))
            self.commands.append(pay)
            self.keys.append(key)
            self.fingerprints.append(pay.fingerprint)
            self.results.append(_PENDING)

    def _refuse(self, key: str, problem: Problem) -> None:
        told = details(problem.refusal, problem.detail, problem.field)
        self.refusals[len(self.keys)] = told
        self.results.append(refused(told))
        self.keys.append(key)
        self.fingerprints.append(0)

    def answered(self, start: int, answers: list[Answer]) -> None:
        """Takes the answers to the commands from `start` on."""
        keys, numbers, results = self.keys, self.items, self.results
        for at, answer in enumerate(answers, start):
            item = numbers[at]
            results[item] = result(keys[item], answer)
