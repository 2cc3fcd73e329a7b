"""A figure: its panels, and at each scale one experiment with the claims that its runs have to show."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.figures.claim import Claim
from core.figures.panel import Panel
from core.spec import ExperimentSpec, parse_spec

ScaleName = Literal["smoke", "paper"]
SCALES: tuple[ScaleName, ...] = ("smoke", "paper")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands in an experiment: the values of its axes by pointer, and its seed."""

    axes: Mapping[str, Any]
    seed: int

    def within(self, where: Mapping[str, Any]) -> bool:
        """Whether the axes have these values, of a tuple one of them."""
        found = {**self.axes, "seed": self.seed}
        return all(
            found.get(name) in value if isinstance(value, tuple) else found.get(name) == value
            for name, value in where.items()
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """One experiment, as `POST /v1/experiments` takes it, and its claims."""

    spec: Mapping[str, Any]
    claims: tuple[Claim, ...]

    def parsed(self) -> ExperimentSpec:
        """The spec with every default filled in."""
        return parse_spec(dict(self.spec))


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the paper (arXiv 2506.05718), by its number there."""

    id: str
    title: str
    panels: tuple[Panel, ...]
    smoke: Scale
    paper: Scale

    def scale(self, name: ScaleName) -> Scale:
        """The experiment of that size."""
        return self.smoke if name == "smoke" else self.paper

    def spec(self, name: ScaleName) -> dict[str, Any]:
        """The spec to submit, whose tags say what it is."""
        title = f"figure {self.id}, {name}"
        return {"name": title, "tags": [f"figure:{self.id}", f"scale:{name}"], **self.scale(name).spec}


def places(spec: ExperimentSpec) -> Iterator[Place]:
    """Every cell of an experiment, in cell order."""
    sweep = spec.sweep
    axes = sweep.axes if sweep is not None else ()
    seeds = (
        range(sweep.seeds.start, sweep.seeds.start + sweep.seeds.count)
        if sweep is not None and sweep.seeds is not None
        else range(spec.seed, spec.seed + 1)
    )
    for rows in itertools.product(*(axis.rows() for axis in axes)):
        values: dict[str, Any] = {}
        for axis, row in zip(axes, rows, strict=True):
            values.update(zip(axis.swept, row, strict=True))
        for seed in seeds:
            yield Place(values, seed)
