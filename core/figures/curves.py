"""The picture of one run: train and test error over steps, with t1, t2, their delay, and what theory says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, which the colour-blind can tell apart; line styles differ too.
_TRAIN, _TEST, _THEORY, _MARK = "#0072B2", "#D55E00", "#009E73", "#444444"
_WIDTH, _HEIGHT, _DPI = 3.4, 2.6, 300
_SIZE = 7
_TITLE_PAD = 10
_ARROW_HEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Curves:
    """What is drawn. Steps count from 0; `predicted_t2` is where theory expects t2."""

    steps: Sequence[int]
    train: Sequence[float | None]
    test: Sequence[float | None]
    t1: int | None
    t2: int | None
    predicted_t2: float | None
    title: str


def draw_curves(curves: Curves, path: Path) -> None:
    """Writes the picture; the ending of `path` names the format.

    Needs matplotlib, the extra `plot`. The axis shows step + 1, so that step 0 has a place on it.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    for values, name, colour, style in (
        (curves.train, "train error", _TRAIN, "-"),
        (curves.test, "test error", _TEST, "--"),
    ):
        points = [(s + 1, v) for s, v in zip(curves.steps, values, strict=True) if v is not None and v > 0]
        axes.plot(*zip(*points, strict=True), style, color=colour, label=name, linewidth=1.2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _mark(axes, curves)
    axes.set_xlabel("step + 1", fontsize=_SIZE)
    axes.set_ylabel("error", fontsize=_SIZE)
    axes.set_title(curves.title, fontsize=_SIZE, pad=_TITLE_PAD)
    axes.tick_params(labelsize=_SIZE - 1)
    axes.legend(fontsize=_SIZE - 1, frameon=False, loc="lower left")
    figure.savefig(path)


def _mark(axes: "Axes", curves: Curves) -> None:
    for name, step in (("$t_1$", curves.t1), ("$t_2$", curves.t2)):
        if step is not None:
            axes.axvline(step + 1, color=_MARK, linewidth=0.7, linestyle=":")
            _label(axes, f"{name} = {step:,}", step + 1, 1.0)
    if curves.predicted_t2 is not None:
        label = "$t_2$ by theory"
        axes.axvline(curves.predicted_t2 + 1, color=_THEORY, linewidth=1.0, linestyle="-.", label=label)
    if curves.t1 is not None and curves.t2 is not None and curves.t1 < curves.t2:
        ends, height = (curves.t1 + 1, curves.t2 + 1), _ARROW_HEIGHT
        arrow = {"arrowstyle": "<->", "color": _MARK, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
        where = axes.get_xaxis_transform()
        axes.annotate("", (ends[1], height), (ends[0], height), xycoords=where, arrowprops=arrow)
        _label(axes, f"delay {curves.t2 - curves.t1:,}", (ends[0] * ends[1]) ** 0.5, height)


def _label(axes: "Axes", text: str, step: float, height: float) -> None:
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    axes.text(
        step,
        height,
        text,
        transform=axes.get_xaxis_transform(),
        fontsize=_SIZE - 1,
        color=_MARK,
        ha="center",
        va="center" if height < 1 else "bottom",
        bbox=box if height < 1 else None,
    )
