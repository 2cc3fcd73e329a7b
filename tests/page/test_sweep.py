"""A sweep on the page: maps, curves, a law and a table, from two hundred to ten thousand runs."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.analysis import filled
from tests.faults.lab import Lab
from tests.page.axe import serious_findings
from tests.page.conftest import OpenPage
from tests.page.played_sweep import play_sweep
from tests.page.shots import shoot

MATRIX, OUTCOMES = "matrix of medians", "map of outcomes"


def strengths(count: int) -> list[float]:
    """So many strengths of l1, evenly on a logarithmic axis."""
    return [float(f"{value:.2g}") for value in np.geomspace(1e-5, 1e-2, count)]


@pytest.fixture(scope="module")
def two_hundred(lab: Lab) -> str:
    return play_sweep(lab, "where grokking begins", strengths(5), range(10, 90, 10), seeds=5)


def grid(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name=name)


def visit(page: Page, experiment: str) -> None:
    """Opens the sweep and waits until all of it is shown."""
    page.goto(f"/#/experiments/{experiment}")
    expect(page.locator(".sweep-law")).to_have_attribute("data-exponent", re.compile(r"^-"))
    expect(page.locator(".sweep-curves")).to_have_attribute("data-drawn", re.compile(r"^\d+$"))


def test_a_cell_tells_its_value_and_leads_to_its_runs(page: Page, lab: Lab, two_hundred: str) -> None:
    visit(page, two_hundred)
    cells = grid(page, MATRIX)
    expect(cells).to_have_attribute("data-cells", "40")
    box = cells.bounding_box()
    assert box is not None
    cells.hover(position={"x": box["width"] - 30, "y": 30})
    readout = page.get_by_role("region", name="matrix").locator(".plane-readout")
    expect(readout).to_have_text(
        re.compile(r"^l1 0\.01, measurements 80: median [\d,.]+, 5 of 5 runs with it$")
    )
    cells.click(position={"x": box["width"] - 30, "y": 30})
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("row")).to_have_count(6)
    dialog.get_by_role("link", name="seed 3").click()
    expect(page).to_have_url(re.compile(r"#/runs/run_"))
    run = lab.get(f"/v1/runs/{page.url.rpartition('/')[2]}")
    assert (run["axes"], run["seed"]) == ({"/regularization/l1": 0.01, "/problem/measurements": 80}, 3)
    expect(dialog).to_have_count(0)


def test_cells_that_refinements_leave_out_are_coloured_as_in_the_pictures(page: Page) -> None:
    page.goto("/")
    draw = np.random.default_rng(0)
    x, y = [1e-5, 2.5e-5, 4e-5, 1e-4, 2e-3], [20, 24, 30, 60]
    for _ in range(50):
        labels, whole = draw.integers(0, 3, (4, 5)), draw.random(4) < 0.6
        there = draw.random((4, 5)) < np.where(whole, 0.7, 0.5)[:, None]
        there[0], whole[0] = True, True
        found = page.evaluate(
            """async ([there, whole, x, y]) => {
                const { standIns } = await import("/pages/js/sweep/places.js");
                const [across, down] = [{ values: x, spacing: "log" }, { values: y, spacing: "linear" }];
                return [...standIns(there, whole, across, down)];
            }""",
            [there.ravel().tolist(), whole.tolist(), x, y],
        )
        expected = filled(labels, there, whole, np.log10(x), np.array(y, float))
        assert labels.ravel()[found].tolist() == expected.ravel().tolist()


def test_the_keyboard_reaches_every_cell(page: Page, lab: Lab) -> None:
    experiment = play_sweep(lab, "one seed", strengths(3), [10, 40], seeds=1)
    page.goto(f"/#/experiments/{experiment}")
    cells = grid(page, OUTCOMES)
    expect(cells).to_have_attribute("data-cells", "6")
    cells.focus()
    told = cells.get_by_role("gridcell")
    expect(told).to_have_accessible_name("l1 10⁻⁵, measurements 10: memorised only, 1 of 1 run")
    for key in ("ArrowRight", "ArrowUp", "End"):
        page.keyboard.press(key)
    expect(told).to_have_accessible_name(re.compile(r"^l1 0\.01, measurements 40: "))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#/runs/run_"))
    run = lab.get(f"/v1/runs/{page.url.rpartition('/')[2]}")
    assert run["axes"] == {"/regularization/l1": 0.01, "/problem/measurements": 40}


def test_axes_and_values_of_the_maps_are_chosen(page: Page, two_hundred: str) -> None:
    visit(page, two_hundred)
    matrix = page.get_by_role("region", name="matrix")
    expect(matrix).to_have_attribute("data-shown", "t2 /regularization/l1 /problem/measurements")
    expect(page.get_by_role("region", name="outcomes")).to_have_attribute(
        "data-boundaries", re.compile(r"[1-9]")
    )
    page.get_by_label("Columns").select_option("measurements")
    expect(matrix).to_have_attribute("data-shown", "t2 /problem/measurements /regularization/l1")
    expect(page.get_by_label("Rows")).to_have_value("/regularization/l1")
    page.get_by_label("Value").select_option("test error, last")
    expect(matrix.get_by_role("heading")).to_have_text("Median test error")
    grid(page, MATRIX).focus()
    expect(matrix.locator(".plane-readout")).to_contain_text("measurements 10, l1 10⁻⁵: median 0.")


def test_curves_are_an_even_choice_or_bands(page: Page, two_hundred: str) -> None:
    visit(page, two_hundred)
    curves = page.get_by_role("region", name="curves", exact=True)
    expect(curves).to_contain_text("60 of 200 runs drawn, chosen evenly")
    expect(curves.get_by_role("list", name="colours by l1").get_by_role("listitem")).to_have_count(5)
    curves.get_by_label("measurements").select_option("80")
    expect(curves).to_contain_text("all 25 runs")
    curves.get_by_role("button", name="Median and quartiles").click()
    expect(curves).to_have_attribute("data-bands", "true")
    expect(curves).to_contain_text("all 25 runs; the line is the median")
    curves.get_by_label("Colour", exact=True).select_option("measurements")
    expect(curves).to_have_attribute("data-drawn", "160")
    expect(curves.get_by_role("img", name="colours by measurements, from 10 to 80")).to_be_visible()
    curves.get_by_role("button", name="Runs", exact=True).click()
    curves.get_by_label("Curves of", exact=True).select_option("train error")
    expect(curves).to_have_attribute("data-metric", "train_error")
    page.locator(".u-over").click(position={"x": 20, "y": 18})
    expect(page).to_have_url(re.compile(r"#/runs/run_"))


def test_a_law_is_fitted_and_a_wrong_quantity_is_told_at_its_field(
    open_page: OpenPage, two_hundred: str
) -> None:
    page, watch = open_page()
    visit(page, two_hundred)
    law = page.get_by_role("region", name="scaling law")
    assert -1.05 < float(law.get_attribute("data-exponent") or 0) < -0.95
    expect(law).to_contain_text("ended before it and are left out")
    ends = re.search(r"exponent in \[(\S+), (\S+)\]", law.inner_text())
    assert ends is not None
    assert ends[1] != ends[2]
    watch.expect(r"status of 422")
    field = law.get_by_label("against")
    field.fill("gamma")
    field.press("Enter")
    expect(law.get_by_role("alert")).to_contain_text("Got 'gamma' instead")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("/problem/measurements")
    field.press("Enter")
    expect(law.get_by_role("alert")).to_be_hidden()
    chart = law.get_by_role("img", name="points and the fitted law")
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(law.locator(".plane-readout")).to_contain_text("seed ")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#/runs/run_"))


def test_the_table_is_sorted_by_any_column(page: Page, lab: Lab, two_hundred: str) -> None:
    visit(page, two_hundred)
    table = page.get_by_role("region", name="table of results")
    found = sorted(run["t2"] for run in lab.runs(two_hundred) if run["t2"] is not None)
    cell = table.locator("tbody tr:not(.spacer)").first.locator("td").nth(5)
    for direction, first in (("ascending", found[0]), ("descending", found[-1])):
        table.get_by_role("button", name="t2").click()
        expect(table.locator("[data-column=t2]")).to_have_attribute("aria-sort", direction)
        expect(cell).to_have_text(f"{first:,}")
    table.get_by_role("link").first.click()
    expect(page.locator("[data-tile=t2] .big")).to_have_text(f"{found[-1]:,}")


def test_a_sweep_fills_while_it_trains(page: Page, lab: Lab) -> None:
    axes = [{"path": "/regularization/l1", "values": [1e-4, 1e-3]}]
    experiment = lab.submit(
        name="trains", steps=20_000, sweep={"axes": axes, "seeds": {"start": 0, "count": 2}}
    )
    page.goto(f"/#/experiments/{experiment}")
    expect(page.locator(".chip.state").first).to_have_text("succeeded")
    grid(page, OUTCOMES).focus()
    expect(grid(page, OUTCOMES).get_by_role("gridcell")).to_have_accessible_name(re.compile("of 2 runs$"))
    expect(page.locator(".sweep-curves")).to_have_attribute("data-drawn", "4")
    expect(page.get_by_role("region", name="table of results").locator("tbody")).not_to_contain_text("queued")


def test_ten_thousand_runs_are_a_small_page(page: Page, lab: Lab) -> None:
    experiment = play_sweep(lab, "ten thousand runs", strengths(20), range(8, 108, 4), seeds=20)
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    visit(page, experiment)
    results = page.get_by_role("region", name="table of results")
    expect(results).to_have_attribute("data-rows", "10000")
    expect(page.locator(".sweep-curves")).to_contain_text("60 of 10,000 runs drawn, chosen evenly")
    rows = results.locator("tbody tr")
    last = lab.get(f"/v1/experiments/{experiment}/results", cursor="9998")["items"][0]["run"]
    results.get_by_role("region", name="results").evaluate(
        "element => element.scrollTop = element.scrollHeight"
    )
    expect(results.get_by_role("link", name=last[-6:])).to_be_visible()
    assert rows.count() < 60
    assert page.locator("*").count() < 1200
    # Scripts and styles, eleven pages of rows, two maps, curves, a law, and the experiment itself.
    assert len(sizes) < 80
    assert sum(sizes) < 1.5 * 2**20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_sweep_can_be_read_by_everybody(open_page: OpenPage, two_hundred: str, scheme: str) -> None:
    page, _ = open_page(scheme=scheme)
    visit(page, two_hundred)
    grid(page, MATRIX).focus()
    assert serious_findings(page) == []


@pytest.mark.parametrize("width", [1400, 420])
def test_a_sweep_fits_the_screen(open_page: OpenPage, two_hundred: str, width: int) -> None:
    page, _ = open_page(width=width)
    visit(page, two_hundred)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"sweep-{width}", most_height=2000 if width > 1000 else 1500)
