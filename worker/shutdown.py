"""How the children of a worker hear that they are to give their runs back."""

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Shutdown:
    """Two shared bytes, made before the fork: one to ask children to stop, one to report that one failed.

    A child is also to stop when its parent is gone, or when it was told so itself.
    """

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, 2)
        self._parent: int | None = None
        self._leaving = False

    def request(self) -> None:
        """All children are to stop; safe in a signal handler."""
        self._bytes[0] = 1

    def adopt(self) -> None:
        """Called in a child right after the fork."""
        self._parent = os.getppid()

    @contextmanager
    def by_signal(self, number: signal.Signals) -> Iterator[None]:
        """Inside of it the signal asks this process alone to stop; the pool's own handler would abandon it.

        To be used in the main thread.
        """

        def leave(*_: object) -> None:
            self._leaving = True

        before = signal.signal(number, leave)
        try:
            yield
        finally:
            signal.signal(number, before)
            self._leaving = False

    def fail(self) -> None:
        """Called in a child that cannot work: the whole worker is to end, and to say so."""
        self._bytes[1] = 1
        os.kill(os.getppid(), signal.SIGTERM)

    @property
    def failed(self) -> bool:
        """Whether a child could not work."""
        return self._bytes[1] == 1

    @property
    def orphaned(self) -> bool:
        """Whether the parent has died."""
        return self._parent is not None and os.getppid() != self._parent

    @property
    def wanted(self) -> bool:
        """Whether to stop; cheap enough to be asked at every turn of a loop."""
        return self._leaving or self._bytes[0] == 1 or self.orphaned
