"""One thread that carries out calls in turn, and which nobody waits for at the end.

concurrent.futures' are joined when the interpreter ends: a call that never returns would keep it.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class OneThread:
    """Lives until the process ends."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, function: Callable[..., T], *arguments: Any) -> "asyncio.Future[T]":
        """What it returns or raises. Cancelled or given up it is carried out all the same."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def tell(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # T may be None itself

        def carry_out() -> None:
            result, error = None, None
            try:
                result = function(*arguments)
            except BaseException as raised:  # the caller's, whatever it is
                error = raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, result, error)

        self._calls.put(carry_out)
        return future

    def _run(self) -> None:
        while True:
            self._calls.get()()
