"""A whole run looked at again: t1, t2, delay and outcome from its recorded errors."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.analysis.crossing import Crossing, Direction, Steps, Values, check_series, threshold
from core.analysis.plateau import Plateau, plateau
from core.spec import Outcome, classify

DetectorKind = Literal["threshold", "plateau"]


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """What the recorded series of a run say.

    t1, t2 and what follows from them are upper ends of brackets: recorded steps, not exact ones.

    Attributes:
        outcome: as for exact steps.
        t1: memorisation.
        t2: generalisation; with the plateau detector the accepted step.
        plateau: what the plateau rule alone found in the test series; None with the threshold detector.
    """

    outcome: Outcome
    t1: Crossing
    t2: Crossing
    plateau: Plateau | None

    @property
    def delay(self) -> int | None:
        """t2 - t1, or None unless both were observed."""
        return None if self.t1.value is None or self.t2.value is None else self.t2.value - self.t1.value


def reanalyse(
    steps: Steps,
    train: Values,
    test: Values,
    train_threshold: float,
    test_threshold: float,
    *,
    detector: DetectorKind = "threshold",
    sustained: int = 1,
    direction: Direction = "below",
    complete: bool = True,
    diverged_at: int | None = None,
) -> Reanalysis:
    """Finds t1 and t2 of a run in its recorded series.

    t1 is a threshold crossing with either detector: the training error has a second plateau, below the one at
    which the run memorised, so that a rule which looks at the end of the series would give no memorisation.

    Args:
        steps: recorded steps of both series, strictly increasing. Shape (K,).
        train, test: the series. Shape (K,).
        train_threshold, test_threshold: finite levels; for the plateau detector the latter is the absolute
            criterion.
        sustained: recorded steps in a row that have to meet a threshold; the plateau rule has its own count.
        direction: `below` for errors and losses, `above` for accuracies.
        complete: whether the run has ended, so that a missing t1 is final.
        diverged_at: first step without a finite training error; by default read off `train`.

    Raises ValueError as `threshold` does.
    """
    check_series(steps, train)
    broken = np.flatnonzero(~np.isfinite(train))
    if diverged_at is None and broken.size:
        diverged_at = int(steps[broken[0]])
    t1 = threshold(steps, train, train_threshold, sustained, direction)
    found = None
    if detector == "plateau":
        found = plateau(steps, test, test_threshold, direction=direction)
        t2 = found.crossing
    else:
        t2 = threshold(steps, test, test_threshold, sustained, direction)
    if complete and diverged_at is None and t1.value is None:
        t1, t2 = _never(t1), _never(t2)
    return Reanalysis(classify(t1.value, t2.value, diverged_at), t1, t2, found)


def _never(crossing: Crossing) -> Crossing:
    return crossing if crossing.value is not None else replace(crossing, status="never_memorised")
