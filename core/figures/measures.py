"""What claims measure on runs: times, levels, ratios, slopes. Without one they raise Unmeasurable."""

import json
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from core.analysis import NoPowerLaw, fit_power_law
from core.figures.evidence import Floats, Run, Runs, Track, Unmeasurable

Number = Callable[[Run], float]
Measure = Callable[[Runs], float | list[float]]

LEARNING_RATE = "/optimizer/learning_rate"
RATE_AND_STRENGTH = (LEARNING_RATE, "/regularization")


def each(number: Number) -> Measure:
    """The number of every run; the worst one counts."""
    return lambda runs: [number(run) for run in runs]


def t1(run: Run) -> float:
    """Where it memorised."""
    if run.t1 is None:
        raise Unmeasurable(f"{run.id} has no t1")
    return run.t1


def t2(run: Run) -> float:
    """Where it generalised."""
    if run.t2 is None:
        raise Unmeasurable(f"{run.id} has no t2")
    return run.t2


def delay(run: Run) -> float:
    """t2 - t1."""
    return t2(run) - t1(run)


def tick(step: float, every: int = 1000) -> float:
    """The first step of the published evaluation schedule that sees what happens at `step`."""
    return step if step < every else -(-step // every) * every


def rate(run: Run) -> float:
    """The learning rate alpha."""
    alpha = run.at(LEARNING_RATE)
    if alpha is None:
        raise Unmeasurable(f"{run.id} has no learning rate")
    return float(alpha)


def strength(run: Run) -> float:
    """The strength beta of all penalties together."""
    return float(sum(value for value in run.at("/regularization").values() if isinstance(value, float | int)))


def predicted(run: Run, name: str) -> float:
    """What theory says of the run."""
    value = run.theory.get(name)
    if value is None:
        raise Unmeasurable(f"theory has no {name} of {run.id}")
    return float(value)


def known(run: Run, metric: str) -> Track:
    """A metric that was recorded."""
    track = run.track(metric)
    if not len(track.steps):
        raise Unmeasurable(f"{run.id} did not record {metric}")
    return track


def last(metric: str) -> Number:
    """The last recorded value."""
    return lambda run: float(known(run, metric).values[-1])


def first(metric: str) -> Number:
    """The first recorded value."""
    return lambda run: float(known(run, metric).values[0])


def least(metric: str) -> Number:
    """The smallest recorded value."""
    return lambda run: float(known(run, metric).values.min())


def most(metric: str) -> Number:
    """The largest recorded value."""
    return lambda run: float(known(run, metric).values.max())


def at_step(run: Run, metric: str, step: float) -> float:
    """The value at the first recorded step not before `step`."""
    track = known(run, metric)
    place = int(np.searchsorted(track.steps, step))
    if place == len(track.steps):
        raise Unmeasurable(f"{run.id} did not record {metric} at step {step:,.0f}")
    return float(track.values[place])


def step_of_most(metric: str) -> Number:
    """The step of the largest recorded value."""

    def number(run: Run) -> float:
        track = known(run, metric)
        return float(track.steps[int(track.values.argmax())])

    return number


def first_below(run: Run, metric: str, level: float) -> float:
    """The first recorded step with a value at or below the level."""
    track = known(run, metric)
    met = track.values <= level
    if not met.any():
        raise Unmeasurable(f"{metric} of {run.id} does not come to {level:g}")
    return float(track.steps[met.argmax()])


def mean_within(run: Run, metric: str, low: float, high: float, every: int = 50) -> float:
    """Mean over the recorded multiples of `every` in [low, high]: iterates oscillate about their level."""
    track = known(run, metric)
    kept = (track.steps >= low) & (track.steps <= high) & (track.steps % every == 0)
    if not kept.any():
        raise Unmeasurable(f"{run.id} did not record {metric} between {low:,.0f} and {high:,.0f}")
    return float(track.values[kept].mean())


def exponent(y: Number, x: Number) -> Measure:
    """The exponent of the power law y(x), with a prefactor for each seed."""

    def measure(runs: Runs) -> float:
        places = [x(run) for run in runs]
        if not all(0 < place < math.inf for place in places):
            raise Unmeasurable("a power law is one of positive numbers")
        try:
            law = fit_power_law(places, [y(run) for run in runs], [run.seed for run in runs])
        except NoPowerLaw as error:
            raise Unmeasurable(str(error)) from error
        return law.exponent

    return measure


def by(runs: Runs, pointer: str) -> list[list[Run]]:
    """The runs by what their specs have at a pointer, in order of appearance."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(json.dumps(run.at(pointer), sort_keys=True), []).append(run)
    return list(groups.values())


def paired(runs: Runs, pointer: str, first_value: Any) -> list[tuple[Run, list[Run]]]:
    """Each run with `first_value` at the pointer, beside the others that stand where it does but for that."""
    halves = by(runs, pointer)
    base = next((half for half in halves if half[0].at(pointer) == first_value), None)
    if base is None:
        raise Unmeasurable(f"no run has {first_value} at {pointer}")
    others = [half for half in halves if half is not base]
    return [(run, [half[place] for half in others]) for place, run in enumerate(base)]


def least_rise(values: Sequence[float]) -> float:
    """The smallest ratio of a value to the one before; over 1 where they increase."""
    if len(values) < 2:
        raise Unmeasurable("fewer than two values to compare")
    return min(b / a for a, b in pairwise(values))


def times(runs: Runs) -> list[float]:
    """t2 of each run, infinite where there is none."""
    return [math.inf if run.t2 is None else float(run.t2) for run in runs]


def middle(values: Sequence[float]) -> float:
    """The median; infinite where half of the values are."""
    if not values:
        raise Unmeasurable("no values")
    return float(median(values))


def recovered(runs: Runs) -> float:
    """How many runs have a t2."""
    return float(sum(run.t2 is not None for run in runs))


def largest_rise(values: Floats) -> float:
    """How far a value rises over the least one before it, at most."""
    return float((values - np.minimum.accumulate(values)).max())
