"""Which points of a series are asked for."""

from typing import Any, Literal, TypedDict


class Range(TypedDict, total=False):
    """All of them unless something is said.

    Keys:
        from_step, to_step: both are in the answer.
        after_step: is not in the answer.
        points: 1 to 100,000; at most so many of each metric, chosen such that a plot looks the same.
        scale: of that plot's axis.
    """

    from_step: int
    to_step: int
    after_step: int
    points: int
    scale: Literal["linear", "log"]


_NAMES = {"from_step": "from", "to_step": "to"}


def range_query(wanted: Range) -> dict[str, Any]:
    """The parameters that ask for it."""
    return {_NAMES.get(name, name): value for name, value in wanted.items()}
