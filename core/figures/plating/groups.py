"""Runs by the value that gives them their colour, and which of many are drawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from core.figures.plating.source import Pictured

MOST_CURVES = 60
"""Runs whose curves are drawn; of more an even choice is."""

R = TypeVar("R", bound=Pictured)


@dataclass(frozen=True, slots=True)
class Coloured(Generic[R]):
    """Runs in groups of one colour.

    Attributes:
        axis: the pointer that tells them apart, `seed`, or None where nothing does.
        groups: the value there, and the runs that have it; in order of appearance.
    """

    axis: str | None
    groups: Sequence[tuple[Any, Sequence[R]]]

    @property
    def value_of(self) -> Mapping[str, Any]:
        """The value of each run, by its id."""
        return {run.id: value for value, runs in self.groups for run in runs}


def coloured(runs: Sequence[R], axis: str | None) -> Coloured[R]:
    """The runs by what their specs have at a pointer.

    Objects that hold one penalty each, the same for all, stand for its strength.
    """
    found: dict[str, tuple[Any, list[R]]] = {}
    for run in runs:
        value = None if axis is None else run.at(axis)
        found.setdefault(json.dumps(value, sort_keys=True), (value, []))[1].append(run)
    groups = list(found.values())
    penalties = [_penalty(value) for value, _ in groups]
    if axis == "/regularization" and len({penalty for penalty, _ in penalties}) == 1 and penalties[0][0]:
        axis = f"{axis}/{penalties[0][0]}"
        groups = [(strength, runs) for (_, strength), (_, runs) in zip(penalties, groups, strict=True)]
    return Coloured(axis, groups)


def _penalty(value: Any) -> tuple[str | None, float]:
    """The one penalty of an object and its strength; no name where there is none, or more."""
    given = (
        {name: strength for name, strength in value.items() if strength} if isinstance(value, dict) else {}
    )
    return next(iter(given.items())) if len(given) == 1 else (None, 0.0)


def even_choice(runs: Coloured[R], most: int = MOST_CURVES) -> list[R]:
    """Of the runs as many as can be drawn, of every colour as many as of the others."""
    groups = [members for _, members in runs.groups]
    if sum(map(len, groups)) <= most:
        return [run for members in groups for run in members]
    if len(groups) > most:
        places = np.linspace(0, len(groups) - 1, most).round().astype(int)
        groups = [groups[place] for place in places]
    each = most // len(groups)
    return [run for members in groups for run in members[:each]]


def unfinished(runs: Sequence[Pictured]) -> list[str]:
    """A note on those that have not succeeded, where there are some."""
    waiting = sum(not run.over for run in runs)
    return [f"{waiting:,} of {len(runs):,} runs have not succeeded"] if waiting else []
