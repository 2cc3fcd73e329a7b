"""The figures themselves: all are there, their specs are valid, and claims and panels speak of their runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.figures import BY_ID, FIGURES, SCALES, Figure, Scale, ScaleName
from core.figures.figure import Place, places
from core.figures.panel import Panel
from core.problems import check_stability
from core.spec import Cell, available_metrics, chosen_metrics, expand, vector_widths

CLAIMS = {
    "1": {"C35", "C37"},
    "2": {"C33", "C35"},
    "3": {"C2", "C4", "C5"},
    "4": {"C6", "C7"},
    **{key: {"C25", "C27", "C30"} for key in ("5", "14", "15")},
    "6": {"C26"},
    "7": {"C12", "C13"},
    "8": {"C31"},
    **{key: {"C15", "C18"} for key in ("9", "17", "18")},
    **{key: {"C38", "C39", "C40"} for key in ("10", "31", "32", "33")},
    **{key: {"C41"} for key in ("11", "34")},
    **{key: {"C9", "C10", "C11"} for key in ("12", "13", "27", "28")},
    "19": {"C22"},
    "20": {"C23"},
    **{key: {"C21"} for key in ("21", "22")},
}
ids = [figure.id for figure in FIGURES]


def test_every_figure_is_there_once_by_number() -> None:
    assert ids == [str(number) for number in range(1, 35)]
    assert {id: figure.id for id, figure in BY_ID.items()} == {id: id for id in ids}


@pytest.mark.parametrize("name", SCALES)
def test_each_checks_its_claims(name: ScaleName) -> None:
    for figure in FIGURES:
        found = {claim.id for claim in figure.scale(name).claims}
        assert found, figure.id
        assert found >= CLAIMS.get(figure.id, set()), figure.id


@pytest.mark.parametrize("name", SCALES)
def test_every_claim_and_panel_has_runs(name: ScaleName) -> None:
    for figure in FIGURES:
        every = list(places(figure.scale(name).parsed()))
        for claim in figure.scale(name).claims:
            assert any(place.within(claim.where) for place in every), (figure.id, claim.sentence)
        shown = [panel for panel in figure.panels if name in panel.scales]
        assert shown, figure.id
        assert len({panel.id for panel in figure.panels}) == len(figure.panels)
        for panel in shown:
            assert any(place.within(panel.where) for place in every), (figure.id, panel.id)


@pytest.mark.parametrize("id", ids)
def test_smoke_scales_are_experiments(id: str) -> None:
    _valid(BY_ID[id], BY_ID[id].smoke)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("id", ids)
def test_published_scales_are_experiments(id: str) -> None:
    _valid(BY_ID[id], BY_ID[id].paper)


def test_the_documentation_lists_them() -> None:
    text = (Path(__file__).parents[3] / "docs" / "figures.md").read_text()
    table = text.partition("<!-- figures:begin -->")[2].partition("<!-- figures:end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in table.splitlines()[3:]]
    claims = [
        dict.fromkeys(claim.id for name in SCALES for claim in figure.scale(name).claims)
        for figure in FIGURES
    ]
    assert rows == [[f.id, f.title, " ".join(c)] for f, c in zip(FIGURES, claims, strict=True)]


def _valid(figure: Figure, scale: Scale) -> None:
    spec = scale.parsed()
    cells = expand(spec)
    check_stability(spec, cells)
    assert [Place(cell.axes, cell.seed) for cell in cells] == list(places(spec))
    for panel in figure.panels:
        drawn = [cell for cell in cells if Place(cell.axes, cell.seed).within(panel.where)]
        for name in _recorded_names(panel):
            assert all(name in _recorded(cell) for cell in drawn), (figure.id, panel.id, name)


def _recorded_names(panel: Panel) -> Iterator[str]:
    found = {"step", "t1", "t2", "delay", "generalised"}
    for name in (*panel.x, *panel.y, *filter(None, [panel.value])):
        if not name.startswith(("/", "theory.")) and name not in found:
            yield name


def _recorded(cell: Cell) -> set[str]:
    assert set(chosen_metrics(cell.spec)) <= set(available_metrics(cell.spec))
    return {*chosen_metrics(cell.spec), *vector_widths(cell.spec)}
