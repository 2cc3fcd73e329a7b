"""Compiled code on disk. Where it is damaged, or finds no room, it is compiled once a process."""

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

from core.sources import sources_digest

_log = logging.getLogger(__name__)


class KeptCode(FunctionCache):
    """numba's cache of one function; what the disk does to it costs time alone.

    numba compiles anew when the function's own file has changed. Code holds that of the functions it calls,
    so here it is when any file beside it has.

    Raises RuntimeError, when made, where there is no folder that may be written to.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._cache_file = IndexDataCacheFile(  # type: ignore[no-untyped-call]
            cache_path=self.cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=_digest(Path(function.__code__.co_filename).parent),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code for a signature, None where it has to be compiled."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception as error:
            # What a damaged file raises depends on the byte at which it ends.
            self._tell("read", error)
            self._forget()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keeps the code for a signature, if the disk takes it."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except OSError as error:
            self._tell("kept", error)

    def _forget(self) -> None:
        """Empties the index, or a damaged one would be in the way of every file to come."""
        try:
            self.flush()  # type: ignore[no-untyped-call]
        except OSError as error:
            self._tell("cleared", error)

    def _tell(self, what: str, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        _log.warning("compiled code in %s cannot be %s: %s", self.cache_path, what, text)


@cache
def _digest(folder: Path) -> str:
    """Of all sources of a folder, and of this package's."""
    return sources_digest(folder, Path(__file__).parent)
