"""Scaling laws through the runs of an experiment, as answers."""

import numpy as np
from numpy.typing import NDArray

from api.errors import Conflict
from api.schemas.sweeps import FitAnswer, FitPoint, ResidualsAnswer
from api.sweeps.cells import Cells, axes_beside, key_of
from api.sweeps.quantities import Quantity
from core.analysis import NoPowerLaw, PowerLaw, fit_power_law

Floats = NDArray[np.float64]


def fit_answer(cells: Cells, y: Quantity, x: Quantity, confidence: float, *, points: bool) -> FitAnswer:
    """The law of y against x. Raises Conflict where the runs determine none."""
    xs, ys = x.values(cells), y.values(cells)
    diverged = np.array([run.outcome == "diverged" for run in cells.runs], np.bool_)
    ys[diverged & np.isinf(ys)] = np.nan
    usable = np.isfinite(xs) & (xs > 0)
    there = np.flatnonzero(usable)
    try:
        law = fit_power_law(
            xs[there],
            ys[there],
            np.array([run.seed for run in cells.runs], np.int64)[there],
            strata=_strata(cells, x)[there],
            censored=np.isposinf(ys[there]),
            confidence=confidence,
        )
    except NoPowerLaw as error:
        reached = int(np.isfinite(ys).sum())
        raise Conflict(
            f"no law of {y.text} against {x.text}: {reached} of {len(cells.runs)} runs have {y.text}. {error}"
        ) from None
    fitted = ~np.isnan(law.residuals)
    return FitAnswer.model_construct(
        experiments=list(cells.experiments),
        y=y.text,
        x=x.text,
        exponent=law.exponent,
        prefactor=law.prefactor,
        interval=law.interval,
        confidence=confidence,
        resampled="seeds" if law.resampled == "groups" else "points",
        units=law.units,
        n=law.n,
        censored=law.censored,
        excluded=law.excluded + int((~usable).sum()),
        residuals=_spread(law.residuals[fitted]),
        points=_points(cells, there[fitted], xs, ys, law) if points else None,
    )


def _strata(cells: Cells, x: Quantity) -> NDArray[np.int64]:
    """Runs that share a prefactor: those of one seed and of equal values on the axes that are not in x.

    A law against results of the runs has one prefactor: they differ with the instance already.
    """
    if not x.fields:
        return np.zeros(len(cells.runs), np.int64)
    others = axes_beside(cells.spec, x.fields)
    numbers: dict[object, int] = {}
    keys = ((run.seed, *(key_of(run.axes.get(path)) for path in others)) for run in cells.runs)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _spread(residuals: Floats) -> ResidualsAnswer:
    return ResidualsAnswer.model_construct(
        rms=float(np.sqrt(np.mean(residuals**2))), largest=float(np.abs(residuals).max())
    )


def _points(cells: Cells, which: NDArray[np.int64], xs: Floats, ys: Floats, law: PowerLaw) -> list[FitPoint]:
    residuals = law.residuals[~np.isnan(law.residuals)]
    return [
        FitPoint.model_construct(
            run=cells.runs[place].id,
            seed=cells.runs[place].seed,
            x=float(xs[place]),
            y=float(ys[place]),
            residual=float(residual),
        )
        for place, residual in zip(which, residuals, strict=True)
    ]
