"""How a run ended, scientifically."""

from enum import StrEnum


class Outcome(StrEnum):
    """What t1 and t2 say of a run; each member carries its meaning in `message`."""

    message: str

    def __new__(cls, value: str, message: str) -> "Outcome":
        member = str.__new__(cls, value)
        member._value_ = value
        member.message = message
        return member

    GROKKED = "grokked", "memorised at t1 and generalised later, at t2"
    GENERALISED_AT_ONCE = "generalised_at_once", "generalised no later than it memorised"
    MEMORISED_ONLY = "memorised_only", "memorised at t1; no generalisation up to the last step"
    NEVER_MEMORISED = "never_memorised", "neither memorised nor generalised up to the last step"
    DIVERGED = "diverged", "the training error stopped being a finite number"


def classify(t1: int | None, t2: int | None, diverged_at: int | None) -> Outcome:
    """The outcome of a run with these steps (None: not reached)."""
    if diverged_at is not None:
        return Outcome.DIVERGED
    if t2 is not None:
        return Outcome.GROKKED if t1 is not None and t1 < t2 else Outcome.GENERALISED_AT_ONCE
    return Outcome.MEMORISED_ONLY if t1 is not None else Outcome.NEVER_MEMORISED
