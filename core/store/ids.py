"""Identifiers that sort by the time they were made."""

import time

from ulid import ULIDGenerator


class _SteadyClock:
    """Milliseconds since 1970 that never fall, so that a corrected clock cannot reorder identifiers."""

    def __init__(self) -> None:
        self.latest = 0

    def __call__(self) -> int:
        self.latest = max(self.latest, time.time_ns() // 1_000_000)
        return self.latest


_generator = ULIDGenerator(clock=_SteadyClock())


def new_id(prefix: str) -> str:
    """A fresh identifier such as `run_01j...`; later ones of one process sort after earlier ones."""
    if not prefix.endswith("_"):
        raise ValueError(f"prefix must end with an underscore; got {prefix!r}")
    return prefix + str(_generator.generate()).lower()
