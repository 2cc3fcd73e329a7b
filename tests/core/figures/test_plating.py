"""From runs to plates: every panel of every figure, and what becomes of runs that did not get there."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core.figures import BY_ID, FIGURES, SCALES, Figure, Panel, ScaleName
from core.figures.draw import CurvesPlate, Plate, ScalingPlate, SharePlate, SweepPlate, TrajectoryPlate
from core.figures.figure import Place
from core.figures.plating import coloured, even_choice, matrix_plate, phase_plate, scaling_plate, shown
from core.figures.plating.tables import share_plate
from tests.core.figures.made import ENDS, Made, MadeRecordings, made_runs

KINDS = {
    "curves": {"curves", "sweep"},
    "components": {"vectors"},
    "trajectory": {"trajectory"},
    "scaling": {"scaling"},
    "matrix": {"matrix"},
    "phase": {"share"},
}
RATE, STRENGTH, NUMBERS = "/optimizer/learning_rate", "/regularization/l1", "/problem/measurements"


def plates_of(id: str, scale: ScaleName = "smoke") -> list[Plate]:
    """A plate a panel, of runs that are made up."""
    return [panel.plate(MadeRecordings()) for panel in shown(BY_ID[id], scale, made_runs(BY_ID[id], scale))]


def run(
    number: int = 0, end: tuple[str | None, int | None, int | None] = ENDS[0], seed: int = 0, **axes: Any
) -> Made:
    """A run with values on axes, named without what stands before them."""
    names = {"rate": RATE, "strength": STRENGTH, "numbers": NUMBERS}
    place = Place({names.get(name, f"/{name}"): value for name, value in axes.items()}, seed)
    return Made(f"run_{number}", place, {}, end, {"test_error": 0.5}, {"delay": 45.0})


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("id", [figure.id for figure in FIGURES])
def test_every_panel_of_every_figure_has_its_plate(id: str, scale: ScaleName) -> None:
    figure = BY_ID[id]
    panels = [panel for panel in figure.panels if scale in panel.scales]
    plates = plates_of(id, scale)
    assert len(plates) == len(panels)
    for panel, plate in zip(panels, plates, strict=True):
        assert plate.kind in KINDS[panel.kind], panel.id
        assert plate.title
        assert _finite(plate), panel.id


def test_panels_whose_runs_are_missing_are_left_out() -> None:
    figure = BY_ID["1"]
    runs = [run for run in made_runs(figure, "smoke") if run.at("/regularization") == {"l1": 1e-5}]
    assert [one.panel.id for one in shown(figure, "smoke", runs)] == ["l1", "norms"]
    assert shown(figure, "smoke", []) == []
    assert [one.panel.id for one in shown(BY_ID["2"], "smoke", made_runs(BY_ID["2"], "smoke"))] == [
        "nuclear-0.01",
        "overfits",
    ]


def test_a_panel_of_one_run_shows_its_times_and_tells_its_settings() -> None:
    errors, _, components = plates_of("3")
    assert isinstance(errors, CurvesPlate)
    assert (errors.t1, errors.t2, errors.predicted_t2, errors.logarithmic) == (10, 60, 55.0, True)
    assert list(errors.levels) == [1e-3, 1e-3]
    assert list(errors.notes) == ["SNR = $10^{8}$"]
    assert components.notes == errors.notes


def test_one_penalty_stands_for_its_strength() -> None:
    runs = [run(place, regularization={"l1": beta}) for place, beta in enumerate((1e-3, 1e-2, 1e-3))]
    found = coloured(runs, "/regularization")
    assert found.axis == "/regularization/l1"
    assert [(value, len(members)) for value, members in found.groups] == [(1e-3, 2), (1e-2, 1)]
    mixed = coloured([*runs, run(3, regularization={"l2": 1e-3})], "/regularization")
    assert (mixed.axis, len(mixed.groups)) == ("/regularization", 3)


def test_of_many_runs_every_colour_has_as_many() -> None:
    runs = [run(number, rate=number % 20, seed=number // 20) for number in range(200)]
    chosen = even_choice(coloured(runs, RATE))
    assert len(chosen) == 60
    assert {sum(one.at(RATE) == rate for one in chosen) for rate in range(20)} == {3}
    assert len(even_choice(coloured(runs, None))) == 60
    assert len(even_choice(coloured([run(number, rate=number) for number in range(200)], RATE))) == 60


def test_runs_that_ended_before_stand_where_they_ended() -> None:
    ends = [ENDS[0], ("memorised_only", 10, None), ("diverged", 10, None), (None, 10, None)]
    runs = [run(place, end, rate=0.1 * (place + 1), strength=1e-3) for place, end in enumerate(ends)]
    found = scaling_plate(coloured(runs, None), (RATE, STRENGTH), "delay", "", [])
    assert list(found.xs) == pytest.approx([1e-4, 2e-4])
    assert (list(found.ys), list(found.censored), found.left_out) == ([50, 90], [False, True], 2)
    assert list(found.notes) == ["2 of 4 runs have no such value"]
    assert list(scaling_plate(coloured(runs, None), (RATE,), "t2", "", []).ys) == [60, 100]
    final = scaling_plate(coloured(runs, RATE), (RATE,), "test_error", "", [], log=("y",))
    assert not any(final.censored)
    assert (final.colour, list(final.colours), list(final.log)) == (RATE, [r.at(RATE) for r in runs], ["y"])


def test_laws_are_of_logarithmic_axes_and_know_no_censored_run() -> None:
    ends = [("grokked", 0, 800 // rate) for rate in (1, 2, 4, 8)]
    runs = [run(place, end, rate=2.0**place) for place, end in enumerate(ends)]
    runs.append(run(5, ("memorised_only", 1, None), rate=64.0))

    def law(log: Sequence[Any], strata: Any) -> Any:
        return scaling_plate(coloured(runs, None), (RATE,), "t2", "", [], log=log, strata=strata).law

    found = law(("x", "y"), lambda one: str(one.seed))
    assert found.exponent == pytest.approx(-1, abs=0.01)
    assert law(("y",), lambda one: str(one.seed)) is None
    assert law(("x", "y"), None) is None


def test_errors_have_no_law_and_times_have_one() -> None:
    t2, predicted, floor = plates_of("6")
    assert [plate.law is None for plate in (t2, predicted, floor) if isinstance(plate, ScalingPlate)] == [
        False,
        False,
        True,
    ]


def test_shares_have_their_intervals_and_count_both_outcomes_with_a_t2() -> None:
    ends = [ENDS[0], ("generalised_at_once", None, 50), ENDS[3], (None, 10, None)]
    runs = [run(place, end, seed=place, numbers=30) for place, end in enumerate(ends)]
    both = share_plate(runs, NUMBERS, None, "generalised", "", [])
    assert (both.agreeing, both.runs, both.ys) == ([[2]], [[3]], [None])
    assert both.low[0][0] == pytest.approx(0.2077, abs=1e-4)
    assert both.high[0][0] == pytest.approx(0.9385, abs=1e-4)
    assert list(both.notes) == ["1 of 4 runs have not succeeded"]
    assert share_plate(runs, NUMBERS, None, "grokked", "", []).agreeing == [[1]]
    with pytest.raises(KeyError):
        share_plate(runs, NUMBERS, None, "other", "", [])


def test_a_map_has_the_line_around_the_cells_that_generalise() -> None:
    good, bad = ENDS[0], ENDS[3]
    at = [(30, 1e-3, bad), (60, 1e-3, good), (30, 1e-2, bad), (60, 1e-2, ENDS[4])]
    runs = [run(place, end, numbers=n, strength=beta) for place, (n, beta, end) in enumerate(at)]
    found = phase_plate(runs, NUMBERS, STRENGTH, "", [])
    assert found.labels == [["memorised_only", "grokked"], ["memorised_only", "generalised_at_once"]]
    (line,) = found.boundary
    assert sorted(x for x, _ in line) == pytest.approx([45, 45])
    assert sorted(y for _, y in line) == pytest.approx([1e-3, 1e-2])
    words = [run(place, end, numbers=n, kind=str(beta)) for place, (n, beta, end) in enumerate(at)]
    assert phase_plate(words, NUMBERS, "/kind", "", []).boundary == []


def test_medians_count_what_was_not_reached_as_above_all() -> None:
    ends = [ENDS[0], ENDS[3], ENDS[3], ("generalised_at_once", None, 50)]
    runs = [run(place, end, seed=place, numbers=30) for place, end in enumerate(ends)]
    delays = matrix_plate(runs, NUMBERS, None, "delay", "", [])
    # What generalised without memorising has no delay, and none that is large.
    assert (delays.values, delays.known, delays.runs) == ([[None]], [[1]], [[3]])
    errors = matrix_plate(runs, NUMBERS, None, "test_error", "", [])
    assert (errors.values, errors.known, errors.runs) == ([[0.5]], [[4]], [[4]])
    assert matrix_plate(runs, NUMBERS, None, "theory.delay", "", []).values == [[45.0]]


def test_paths_know_their_times_and_the_truth() -> None:
    (plate,) = plates_of("24")
    assert isinstance(plate, TrajectoryPlate)
    path = plate.groups[0].paths[0]
    assert (path.t1, path.t2, path.target) == (4, 7, (0.2, 0.2))
    assert path.steps[4] == 10


def test_many_runs_of_one_colour_are_a_group() -> None:
    first, _ = plates_of("22")
    assert isinstance(first, SweepPlate)
    assert [len(group.runs) for group in first.groups] == [11] * 5
    share = plates_of("21")[1]
    assert isinstance(share, SharePlate)
    assert [sum(row) for row in share.runs] == [30, 30, 30, 30, 29]


def test_steps_are_logarithmic_in_every_panel() -> None:
    every: list[tuple[Figure, Panel]] = [(figure, panel) for figure in FIGURES for panel in figure.panels]
    for figure, panel in every:
        assert panel.x != ("step",) or "x" in panel.log, (figure.id, panel.id)


def _finite(value: Any) -> bool:
    """Whether JSON can write all numbers."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_finite, value))
    if hasattr(value, "__dataclass_fields__"):
        return all(_finite(getattr(value, name)) for name in value.__dataclass_fields__)
    json.dumps(value)
    return True
