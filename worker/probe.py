"""Questions that may never be answered: asked in a thread, so that who asks waits as long as it likes."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Probe(Generic[T]):
    """A question to a server that may hang.

    While one thread still waits for an answer nobody starts another, however often it is asked: a server that
    hangs for an hour holds one thread, and the first answer after it ends the matter.
    """

    def __init__(self, name: str, ask: Callable[[], T]) -> None:
        self._name, self._ask = name, ask
        self._lock = threading.Lock()
        self._asked: Future[T] | None = None

    def begin(self) -> "Future[T]":
        """The answer to come: of the question that is out, or of a new one."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                thread = threading.Thread(
                    target=self._run, args=(self._asked,), name=f"probe-{self._name}", daemon=True
                )
                thread.start()
            return self._asked

    def _run(self, asked: "Future[T]") -> None:
        try:
            answer = self._ask()
        except BaseException as error:
            # It is raised again where the answer is read.
            asked.set_exception(error)
        else:
            asked.set_result(answer)
