"""The studies in docs: their specs can be run, cover what the page says, and are on it."""

import json
from pathlib import Path

import pytest

from core.problems import check_stability
from core.spec import Cell, ExperimentSpec, expand, parse_spec

DOCS = Path(__file__).parents[2] / "docs"
STUDIES = sorted(path.stem for path in (DOCS / "studies").glob("*.json"))


def _study(name: str) -> tuple[ExperimentSpec, list[Cell]]:
    spec = parse_spec(json.loads((DOCS / "studies" / f"{name}.json").read_text()))
    return spec, expand(spec)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_can_be_run_and_the_page_tells_of_it(name: str) -> None:
    check_stability(*_study(name))
    assert f"docs/studies/{name}.json" in (DOCS / "studies.md").read_text()


def test_the_delay_of_l1_is_measured_over_ten_decades() -> None:
    _, cells = _study("delay-l1")
    products = {cell.axes["/optimizer/learning_rate"] * cell.axes["/regularization/l1"] for cell in cells}
    assert (max(products), min(products)) == (pytest.approx(1e-2), pytest.approx(1e-12))


def test_the_delay_of_the_nuclear_norm_is_measured_over_five_decades() -> None:
    _, cells = _study("delay-nuclear")
    axes = [cell.axes for cell in cells]
    products = {one["/optimizer/learning_rate"] * one["/regularization/nuclear"] for one in axes}
    assert (max(products), min(products)) == (pytest.approx(1e-1), pytest.approx(1e-6))


@pytest.mark.parametrize("name", ["phase-l1", "phase-depth"])
def test_maps_begin_with_the_numbers_of_the_paper_and_ten_times_its_sparsities(name: str) -> None:
    _, cells = _study(name)
    assert {cell.axes["/problem/measurements"] for cell in cells} == set(range(10, 101, 10))
    assert len({cell.axes["/problem/sparsity"] for cell in cells}) == 10 * len((1, 5, 10, 15))
