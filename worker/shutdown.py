"""How the children of a worker hear that they are to give their runs back."""

import mmap
import os


class Shutdown:
    """One shared byte, made before the fork: the parent sets it, every child sees it at once.

    A child is also to stop when its parent is gone, or when it was told so itself.
    """

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)
        self._parent: int | None = None
        self._leaving = False

    def request(self) -> None:
        """All children are to stop; safe in a signal handler."""
        self._byte[0] = 1

    def adopt(self) -> None:
        """Called in a child right after the fork."""
        self._parent = os.getppid()

    def leave(self) -> None:
        """This process alone is to stop; safe in a signal handler."""
        self._leaving = True

    @property
    def orphaned(self) -> bool:
        """Whether the parent has died."""
        return self._parent is not None and os.getppid() != self._parent

    @property
    def wanted(self) -> bool:
        """Whether to stop; cheap enough to be asked at every turn of a loop."""
        return self._leaving or self._byte[0] == 1 or self.orphaned
