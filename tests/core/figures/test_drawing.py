"""Pictures: every kind of plate is drawn, in every form, to the same bytes each time and in each process."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import numpy as np
import pytest

from core.figures import BY_ID, FIGURES, SCALES, ScaleName
from core.figures.draw import (
    CurvesPlate,
    Form,
    Group,
    Line,
    MatrixPlate,
    PhasePlate,
    Plate,
    ScalingPlate,
    SharePlate,
    SweepPlate,
    TrajectoryPlate,
    VectorsPlate,
    draw,
    typeset,
    wording,
)
from core.figures.draw.marks import mark_times
from core.figures.draw.plates import Law
from core.figures.draw.run_curves import draw_run
from core.figures.draw.scaling import draw_scaling
from core.figures.draw.sweep_curves import draw_sweep
from core.figures.draw.titles import wrapped
from core.figures.plating import sheet_title, shown
from tests.core.figures.made import MadeRecordings, made_runs

pytest.importorskip("matplotlib")

PHASE = PhasePlate(
    "/problem/measurements",
    "/regularization/l1",
    [10, 30, 50],
    [1e-4, 1e-3],
    [["memorised_only", "grokked", "generalised_at_once"], [None, "memorised_only", "grokked"]],
    [[2, 3, 2], [0, 2, 3]],
    [[3, 3, 3], [0, 3, 3]],
    [[(20.0, 1e-4), (30.0, 3.2e-4), (40.0, 1e-3)]],
)
DRAWN = ("3", "16", "21", "24", "8")
"""Figures whose panels are of every kind that panels have."""
EMPTY: Sequence[Plate] = (
    CurvesPlate([]),
    SweepPlate([], None),
    ScalingPlate("/problem/measurements", "t2", [], []),
    MatrixPlate("/a", None, "t2", [1, 2], [None], [[None, None]], [[0, 0]], [[0, 0]]),
    MatrixPlate("/a", "/b", "t2", [1], [1, 2], [[None], [None]], [[0], [0]], [[0], [2]]),
    PhasePlate("/a", "/b", ["x"], ["y"], [[None]], [[0]], [[0]]),
    SharePlate("/a", None, "grokked", ["x"], [None], [[0]], [[0]], [[0.0]], [[1.0]]),
    TrajectoryPlate("l1_norm", "l2_norm", [], None),
    VectorsPlate("parameters", [], [], logarithmic=True),
)
"""Before anything was recorded."""


def plates_of(id: str, scale: ScaleName = "smoke") -> list[Plate]:
    """A plate a panel, of runs that are made up."""
    return [panel.plate(MadeRecordings()) for panel in shown(BY_ID[id], scale, made_runs(BY_ID[id], scale))]


def digest() -> str:
    """Of the bytes of some pictures."""
    svg, png = draw([*plates_of("24"), PHASE], "svg", "a title"), draw([PHASE], "png")
    return hashlib.sha256(svg + png).hexdigest()


def test_every_kind_of_plate_is_drawn() -> None:
    sheets: list[list[Plate]] = [*(plates_of(id) for id in DRAWN), [PHASE]]
    drawn = {type(plate) for plates in sheets for plate in plates}
    assert drawn == set(get_args(Plate))
    for plates in sheets:
        ElementTree.fromstring(draw(plates, "svg", "$t_2$ of all"))


@pytest.mark.parametrize(("form", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_before_anything_is_recorded_there_is_a_picture_too(form: Form, begins: bytes) -> None:
    assert {type(plate) for plate in EMPTY} == set(get_args(Plate))
    assert draw(EMPTY, form).startswith(begins)


def test_the_same_plates_are_the_same_bytes_in_every_process() -> None:
    code = "from tests.core.figures.test_drawing import digest; print(digest())"
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    assert digest() == digest() == other.stdout.strip()


def test_the_truth_and_the_scale_of_values_are_drawn_as_asked() -> None:
    line = Line("l1_norm", [0, 1, 10], [1.0, 100.0, 1000.0])
    pictures = [
        draw([CurvesPlate([line], targets=targets, logarithmic=wanted)], "svg")
        for targets, wanted in (((), None), ((), True), ((), False), ((5.0,), True))
    ]
    assert pictures[0] == pictures[1]
    assert len(set(pictures)) == 3
    # There is nothing to show on a logarithmic axis.
    draw([CurvesPlate([Line("l1_norm", [0, 1], [0.0, None])], logarithmic=True)], "svg")


def test_titles_are_set_with_symbols() -> None:
    assert typeset("test R^2, l1, alpha = 1e-3") == r"test $R^2$, $\ell_1$, $\alpha$ = $10^{-3}$"
    assert typeset("||theta||_1 at t1, N = 30") == r"$\|\theta\|_{1}$ at $t_1$, $N$ = 30"
    assert typeset("nuclear, alpha = 0.001, tau = 0.5") == r"nuclear, $\alpha$ = $10^{-3}$, $\tau$ = 0.5"
    assert typeset("falls to that of A*") == r"falls to that of $A^*$"
    assert wrapped(r"one $5\times 10^{-3}$ two three", 10) == "one $5\\times 10^{-3}$\ntwo three"


def test_objects_are_told_apart_by_what_differs() -> None:
    models: list[Any] = [
        {"kind": "linear", "depth": 1, "init": {"kind": "constant", "scale": 1e-2}},
        {"kind": "linear", "depth": 2, "init": {"kind": "sign_symmetric", "scale": 1e-2}},
    ]
    assert wording.settings("/model", models) == ["$L$ = 1 constant", "$L$ = 2 sign symmetric"]
    starts: list[Any] = [{"kind": "constant", "scale": 10}, {"kind": "zeros"}]
    assert wording.settings("/model/init", starts) == ["start: constant 10", "start: zeros"]
    assert wording.settings("/optimizer/kind", ["proximal", "sgd"]) == ["proximal", "sgd"]
    assert wording.equation("/regularization", {"l1": 0.1, "l2": 0}) == r"$\beta_1$ = 0.1"
    assert wording.equation("/optimizer/kind", "sgd") == "method: sgd"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scale", SCALES)
def test_every_figure_is_drawn(scale: ScaleName) -> None:
    for figure in FIGURES:
        draw(plates_of(figure.id, scale), "svg", typeset(sheet_title(figure, scale)))


@pytest.mark.parametrize("predicted", [None, 55.0, 4.2e9])
@pytest.mark.parametrize("t2", [None, 60, 5_000])
def test_times_beyond_what_is_recorded_leave_room_for_the_curves(
    t2: int | None, predicted: float | None
) -> None:
    """Training tells t1 and t2 before their steps are recorded; theory may expect t2 after the end."""
    lines = [Line("train_error", [0, 1, 2], [1.0, 0.5, 0.1]), Line("test_error", [0, 1, 2], [1.0, 1.0, 0.9])]
    group = Group(1e-3, [lines], t2, predicted)
    from matplotlib.figure import Figure

    run, sweep = CurvesPlate(lines, t1=2, t2=t2, predicted_t2=predicted), SweepPlate([group], None)
    for plate in (run, sweep):
        ElementTree.fromstring(draw([plate], "svg"))
    of_run, of_sweep = Figure().subplots(1, 2)
    draw_run(of_run, run)
    draw_sweep(of_sweep, sweep)
    last = 1 + max(2, t2 or 0)
    for axes in (of_run, of_sweep):
        assert last <= axes.get_xlim()[1] < 1.2 * max(last, 10)


def test_times_stand_above_their_lines_and_side_by_side_where_these_are_close() -> None:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

    def places(t1: int, t2: int) -> list[float]:
        axes: Axes = Figure().add_subplot()
        axes.set_xscale("log")
        axes.set_xlim(1, 1e5)
        mark_times(axes, t1, t2)
        texts = [text for text in axes.texts if isinstance(text, Annotation) and "t_" in text.get_text()]
        return [float(text.xy[0]) for text in texts]

    assert places(99, 9_999) == pytest.approx([0.4, 0.8])
    assert places(99, 99_999) == pytest.approx([0.4, 0.92])
    assert places(99, 199) == pytest.approx([0.43], abs=1e-3)


def test_a_median_goes_as_far_as_half_of_the_runs() -> None:
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    lasts = [10, 10, 10, 10, 1000, 1000]
    runs = [[Line("test_error", [0, 1, last], [1.0, 0.9, 0.1])] for last in lasts]
    draw_sweep(axes, SweepPlate([Group(1e-3, runs, None, None)], None))
    (middle,) = (np.asarray(line.get_xdata(), np.float64) for line in axes.lines)
    assert 9 < middle[-1] <= 11
    nothing = [[Line("test_error", [0, 1], [None, None])]] * 6
    draw_sweep(axes, SweepPlate([Group(1e-3, nothing, None, None)], None))


def test_the_law_is_written_where_no_run_is_that_ended_before() -> None:
    from matplotlib.figure import Figure

    def place(exponent: float, *, censored: bool) -> tuple[float, float]:
        axes = Figure().add_subplot()
        ys = [x**exponent for x in (1.0, 10.0)]
        law = Law(exponent, prefactor=1.0)
        draw_scaling(axes, ScalingPlate("/a", "t2", [1.0, 10.0], ys, law=law, censored=[False, censored]))
        (text,) = (text for text in axes.texts if "approx" in text.get_text())
        return text.get_position()

    assert [place(-1, censored=known) for known in (False, True)] == [(0.97, 0.95), (0.03, 0.05)]
    assert [place(1, censored=known) for known in (False, True)] == [(0.03, 0.95), (0.97, 0.05)]


def test_a_name_is_drawn_as_it_is() -> None:
    lines = [Line("train_error", [0, 1, 2], [1.0, 0.5, 0.1])]
    name = "C:\\runs\\"
    assert wording.plain(name).count("\N{SET MINUS}") == name.count("\\") == 2
    ElementTree.fromstring(draw([CurvesPlate(lines, title=f"{wording.plain(name)}$t_2$")], "svg"))
    draw([CurvesPlate(lines, title="letters that the font has not: \N{CJK UNIFIED IDEOGRAPH-9813}")], "png")
