"""`python -m headrace.loadtests.mutants.server`: runs tests in processes forked from this one.

It has loaded what is heavy and never what is mutated, so that a run of tests takes little longer
than its tests. It is started in a copied tree, whose packages come first on its path; the mutant
stands in that tree as a file, so that processes which tests start run it too.
"""

import gc
import importlib
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path

import msgspec

from headrace.loadtests.mutants import tests_chosen
from headrace.loadtests.mutants.jobs import Job, Report

HEAVY = (
    "_pytest.unittest", "asyncpg", "email.message", "httpx", "hypothesis.stateful", "iso4217",
    "msgspec.json", "msgspec.msgpack", "numpy", "onnxruntime", "orjson", "prometheus_client",
    "psutil", "pyarrow.parquet", "pytest_asyncio.plugin", "ray", "ray.serve", "rich.progress",
    "starlette.applications", "structlog", "typer", "uuid_utils", "uvloop", "yaml",
)  # fmt: skip
"""What the tests import. One that is missing is left to whoever needs it."""
MEMORY_BYTES_MAX = 4 * 1024**3
"""Of a mutant's data: a loop without an end may be one that remembers."""
MARK_S = 2
"""A mutant's file is as much younger than the original, whose compiled form must not be taken."""


def serve() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what modules and tests print is no answer
    for name in HEAVY:
        with suppress(ImportError):
            importlib.import_module(name)
    for plugin in entry_points(group="pytest11"):
        plugin.load()
    gc.freeze()  # a child's collector looks at what is the child's
    for line in sys.stdin.buffer:
        report = carry_out(msgspec.json.decode(line, type=Job))
        answers.write(msgspec.json.encode(report) + b"\n")
        answers.flush()


def carry_out(job: Job) -> Report:
    begun = time.monotonic()
    with tempfile.NamedTemporaryFile() as told, _mutated(job):
        child = os.fork()
        if child == 0:
            _run_tests(job, told.name)
        report = _wait(child, job.timeout_s) or msgspec.json.decode(
            Path(told.name).read_bytes(), type=Report
        )
    report.seconds = round(time.monotonic() - begun, 3)
    return report


def _run_tests(job: Job, told: str) -> None:
    """In the child, which never returns."""
    code = 1
    try:
        os.setsid()
        os.environ.update(job.environment)
        if job.file:
            sys.dont_write_bytecode = True
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        report = tests_chosen.run(job)
        Path(told).write_bytes(msgspec.json.encode(report))
        code = 0
    finally:
        os._exit(code)


def _wait(child: int, timeout_s: float) -> Report | None:
    """Until it ends; None when it told all. Whatever it started ends with it."""
    handle = os.pidfd_open(child)
    try:
        in_time = bool(select.select([handle], [], [], timeout_s)[0])
    finally:
        os.close(handle)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if not in_time:
        return Report(by=f"not done in {timeout_s:.0f} s")
    if status:
        return Report(by=f"the process ended with {os.waitstatus_to_exitcode(status)}")
    return None


@contextmanager
def _mutated(job: Job) -> Iterator[None]:
    if not job.file:
        yield
        return
    path = Path(job.file)
    original, was = path.read_bytes(), path.stat()
    try:
        path.write_bytes(job.text)
        os.utime(path, (was.st_atime, was.st_mtime + MARK_S))
        yield
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


if __name__ == "__main__":
    serve()
