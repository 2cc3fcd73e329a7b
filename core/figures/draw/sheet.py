"""From plates to the bytes of a picture: one column for one plate, two for more, each with its letter."""

import io
import threading
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from core.figures.draw.matrix import draw_matrix
from core.figures.draw.phase import draw_phase
from core.figures.draw.plates import (
    CurvesPlate,
    MatrixPlate,
    PhasePlate,
    Plate,
    ScalingPlate,
    SharePlate,
    SweepPlate,
    TrajectoryPlate,
    VectorsPlate,
)
from core.figures.draw.run_curves import draw_run
from core.figures.draw.scaling import draw_scaling
from core.figures.draw.share import draw_share
from core.figures.draw.style import COLUMN, FAINT, HEIGHT, MARK, RC, SIZE, SMALL, characters
from core.figures.draw.sweep_curves import draw_sweep
from core.figures.draw.titles import wrapped
from core.figures.draw.trajectory import draw_trajectory
from core.figures.draw.vectors import draw_vectors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Form = Literal["svg", "png", "pdf"]
DPI = 300
VERSION = 4
"""Of how plates are drawn: another one may give other bytes for the same plates."""

# What matplotlib keeps for all of a process, settings and a parser of formulas, is not made for threads.
_ONE_AT_A_TIME = threading.Lock()
_DATES: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def draw(plates: Sequence[Plate], form: Form, title: str = "") -> bytes:
    """The picture of these plates; the same bytes for the same plates.

    Args:
        plates: at least one.
        title: over all of them.

    Needs matplotlib, the extra `plot`. May be called from any thread; one picture is drawn at a time.
    Raises ValueError without plates.
    """
    if not plates:
        raise ValueError("a picture needs at least one plate")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    columns = 1 if len(plates) == 1 else 2
    rows = -(-len(plates) // columns)
    with _ONE_AT_A_TIME, rc_context(RC), warnings.catch_warnings():
        # A name may have letters that no font here has: they are drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = Figure(figsize=(COLUMN * columns, HEIGHT * rows), dpi=DPI, layout="constrained")
        places = figure.subplots(rows, columns, squeeze=False).flatten()
        for place, (axes, plate) in enumerate(zip(places, plates, strict=False)):
            _draw(axes, plate)
            if len(plates) > 1:
                _letter(axes, place)
        for axes in places[len(plates) :]:
            axes.set_visible(False)
        if title:
            over = wrapped(title, characters(COLUMN * columns, SIZE + 1))
            figure.suptitle(over, fontsize=SIZE + 1)
        data = io.BytesIO()
        figure.savefig(data, format=form, metadata=_DATES[form])
    return data.getvalue()


def _draw(axes: "Axes", plate: Plate) -> None:
    match plate:
        case CurvesPlate():
            draw_run(axes, plate)
        case SweepPlate():
            draw_sweep(axes, plate)
        case ScalingPlate():
            draw_scaling(axes, plate)
        case MatrixPlate():
            draw_matrix(axes, plate)
        case PhasePlate():
            draw_phase(axes, plate)
        case SharePlate():
            draw_share(axes, plate)
        case TrajectoryPlate():
            draw_trajectory(axes, plate)
        case VectorsPlate():
            draw_vectors(axes, plate)
    if plate.notes:
        label = axes.get_xlabel()
        axes.set_xlabel(label)
        axes.annotate(
            wrapped("; ".join(plate.notes), characters(COLUMN, SMALL)),
            (0.5, 0.0),
            (0, -3),
            xycoords=axes.xaxis.label,
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=SMALL,
            color=MARK,
            annotation_clip=False,
        )
    if not _has_data(plate):
        axes.text(
            0.5, 0.5, "nothing recorded yet", transform=axes.transAxes, ha="center", va="center", color=FAINT
        )


def _has_data(plate: Plate) -> bool:
    match plate:
        case CurvesPlate():
            return any(line.steps for line in plate.lines)
        case SweepPlate():
            return any(line.steps for group in plate.groups for run in group.runs for line in run)
        case ScalingPlate():
            return bool(plate.xs)
        case VectorsPlate():
            return bool(plate.steps)
        case TrajectoryPlate():
            return any(path.steps for group in plate.groups for path in group.paths)
        case MatrixPlate() | PhasePlate() | SharePlate():
            return any(map(any, plate.runs))


def _letter(axes: "Axes", place: int) -> None:
    axes.annotate(
        f"({'abcdefghijklmnopqrstuvwxyz'[place % 26]})",
        (0.0, 1.0),
        (-22, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=SIZE,
        fontweight="bold",
        annotation_clip=False,
    )
