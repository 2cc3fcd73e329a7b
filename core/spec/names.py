"""The names that a field may have, and which of them was meant."""

import difflib
from collections.abc import Iterable

_LONGEST = 100
"""Longer ones are no slips of the pen, and comparing them takes time."""


def meant(given: object, names: Iterable[str]) -> str | None:
    """The name that looks like what was given; None where none does."""
    if not isinstance(given, str) or len(given) > _LONGEST:
        return None
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(given.lower(), lower, n=1, cutoff=0.7)
    return lower[close[0]] if close else None


def did_you_mean(given: object, names: Iterable[str]) -> str:
    """Words to put behind a list of names: the one that looks like what was given; empty where none does."""
    name = meant(given, names)
    return f" (did you mean {name}?)" if name is not None else ""


def one_of(names: Iterable[str], given: object) -> str:
    """What a field must be that has one of these names."""
    return f"one of {', '.join(names)}{did_you_mean(given, names)}"
