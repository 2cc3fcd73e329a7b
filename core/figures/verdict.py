"""The verdict on an experiment: each claim of a figure, measured on the runs that stand in its places."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from core.figures.claim import Claim
from core.figures.evidence import Run, Unmeasurable
from core.figures.figure import Place, Scale, places
from core.spec import ExperimentSpec, canonical

# What a spec may have otherwise without training other numbers, or with them recorded otherwise.
_FREE = {
    "name",
    "tags",
    "reuse",
    "engine",
    "device",
    "record",
    "sweep",
    "allow_unstable",
    "allow_tf32",
    "seed",
}
_MOST_NAMED = 5


class Candidate(Protocol):
    """A run of the experiment that is judged, whatever its state."""

    @property
    def id(self) -> str: ...

    @property
    def place(self) -> Place: ...

    @property
    def state(self) -> str: ...

    @property
    def steps(self) -> int:
        """The number that it was asked for."""

    def evidence(self) -> Run:
        """The run, once it has succeeded."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim and what became of it.

    Attributes:
        measured: None where a run is missing or does not show it.
        runs: ids of those that were measured, or would have been.
        note: why it did not pass, where the number alone does not tell.
    """

    claim: Claim
    measured: float | None
    passed: bool
    runs: tuple[str, ...]
    note: str | None


def judge(scale: Scale, spec: ExperimentSpec, candidates: Sequence[Candidate]) -> list[Judged]:
    """Every claim of the scale, on the runs of an experiment with this spec.

    A claim passes where its number lies in the expected range and the runs are those that it speaks of:
    of the figure's problem, penalty, method, steps, seeds and thresholds.
    """
    wanted = scale.parsed()
    standing = {_key(candidate.place): candidate for candidate in candidates}
    differing = differences(wanted, spec)
    every = list(places(wanted))
    return [_judge(claim, wanted, every, standing, differing) for claim in scale.claims]


def share(scale: Scale, taken: Sequence[Place]) -> float:
    """The share of the scale's cells that are among the places of runs, 0 to 1."""
    standing = {_key(place) for place in taken}
    found = [_key(place) in standing for place in places(scale.parsed())]
    return sum(found) / len(found)


def _judge(
    claim: Claim,
    wanted: ExperimentSpec,
    every: Sequence[Place],
    standing: Mapping[str, Candidate],
    differences: Sequence[str],
) -> Judged:
    mine = [place for place in every if place.within(claim.where)]
    found = [standing.get(_key(place)) for place in mine]
    runs = [one for one in found if one is not None]
    ids = tuple(run.id for run in runs)
    missing = len(found) - len(runs)
    if missing or not runs:
        return Judged(claim, None, False, ids, f"{missing} of {len(found)} runs are not in the experiment")
    if unfinished := [run for run in runs if run.state != "succeeded"]:
        return Judged(claim, None, False, ids, f"{len(unfinished)} of {len(runs)} runs have not succeeded")
    try:
        # Infinities that were recorded make numbers that are none, which do not pass.
        with np.errstate(all="ignore"):
            measured = _worst(claim, claim.measure([run.evidence() for run in runs]))
    except Unmeasurable as error:
        return Judged(claim, None, False, ids, str(error))
    except ArithmeticError as error:
        # Runs of another spec may have a strength of 0, or a t2 of 0, to divide by.
        return Judged(claim, None, False, ids, f"there is no such number: {error}")
    notes = list(differences)
    if any(
        run.steps != place.axes.get("/steps", wanted.steps) for run, place in zip(runs, mine, strict=True)
    ):
        notes.append("/steps")
    if notes:
        named = ", ".join(notes[:_MOST_NAMED])
        return Judged(
            claim, measured, False, ids, f"the experiment is not the figure's: it differs at {named}"
        )
    return Judged(claim, measured, claim.expected.met_by(measured), ids, None)


def _worst(claim: Claim, measured: float | list[float]) -> float:
    numbers = measured if isinstance(measured, list) else [measured]
    if not numbers:
        raise Unmeasurable("no run to measure")
    return max(numbers, key=claim.expected.distance)


def _key(place: Place) -> str:
    return json.dumps([place.axes, place.seed], sort_keys=True)


def differences(wanted: ExperimentSpec, given: ExperimentSpec) -> list[str]:
    """Pointers at which two specs differ, but for what the axes of the first set, and names and tags."""
    swept = {path for axis in (wanted.sweep.axes if wanted.sweep else ()) for path in axis.swept}
    one, other = (
        {pointer: value for pointer, value in _leaves(canonical(spec)) if pointer.split("/")[1] not in _FREE}
        for spec in (wanted, given)
    )
    differing = [pointer for pointer in {**one, **other} if one.get(pointer) != other.get(pointer)]
    return [p for p in differing if not any((p + "/").startswith(path + "/") for path in swept)]


def _leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{pointer}/{key}")
    else:
        yield pointer, value
