"""Plates of the components of vectors over steps."""

from collections.abc import Sequence

from core.figures.draw import VectorsPlate
from core.figures.plating.groups import R
from core.figures.plating.source import Recordings

_MOST_COMPONENTS = 400


def vectors_plate(
    run: R,
    metric: str,
    recordings: Recordings[R],
    title: str,
    notes: Sequence[str],
    *,
    logarithmic: bool = False,
) -> VectorsPlate:
    """The components of a vector metric of one run."""
    steps, rows = recordings.rows(run, metric)
    truth = recordings.truth(run, metric)
    width = len(rows[0]) if rows else 0
    cut = []
    if width > _MOST_COMPONENTS:
        kept = _kept_components(truth, width)
        rows = [[row[place] for place in kept] for row in rows]
        truth = None if truth is None else [truth[place] for place in kept]
        cut = [f"{len(kept)} of {width:,} components are drawn"]
    return VectorsPlate(metric, steps, rows, truth, run.t1, run.t2, title, [*notes, *cut], logarithmic)


def _kept_components(truth: Sequence[float] | None, width: int) -> list[int]:
    """Places of those that are not zero in the truth, and of others as far as there is room."""
    nonzero = [] if truth is None else [place for place, value in enumerate(truth) if value]
    others = sorted(set(range(width)) - set(nonzero))
    return sorted([*nonzero, *others][:_MOST_COMPONENTS])
