"""A run on the page: it groks before one's eyes, and shows what it recorded."""

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.faults.lab import Lab
from tests.page.axe import serious_findings
from tests.page.conftest import OpenPage
from tests.page.golden import GOLDEN, Json, trained
from tests.page.shots import shoot

PLOT = ".curves-plot[data-marks]"


@pytest.fixture(scope="module")
def golden(lab: Lab) -> Json:
    return trained(lab)


def test_t1_and_then_t2_appear_while_the_run_trains(page: Page, lab: Lab) -> None:
    """With a penalty so weak that a busy page, too, is there between the two."""
    made = lab.submit(**{**GOLDEN, "regularization": {"l1": 1e-6}, "steps": 1_200_000})
    page.goto(f"/#/experiments/{made}")
    plot = page.locator(PLOT)
    expect(plot).to_have_attribute("data-marks", re.compile(r"^t1 = \d+; theory [\d,]+$"))
    expect(page.locator(".connection")).to_have_text("live")
    expect(plot).to_have_attribute("data-marks", re.compile("; t2 = "), timeout=120_000)
    expect(page.locator(".chip.state").first).to_have_text("succeeded", timeout=120_000)
    run = lab.runs(made)[0]
    t1, t2 = run["t1"], run["t2"]
    expect(plot).to_have_attribute("data-marks", re.compile(f"^t1 = {t1}; t2 = {t2:,}; theory "))
    expect(page.locator("[data-tile=t1] .big")).to_have_text(f"{t1}")
    expect(page.locator("[data-tile=t2] .big")).to_have_text(f"{t2:,}")
    expect(page.locator("[data-tile=delay] .big")).to_have_text(f"{t2 - t1:,}")
    expect(page.get_by_role("region", name="history")).to_contain_text(f"step {t2:,}")
    expect(page.get_by_role("region", name="provenance")).to_contain_text("numerics version")


def test_a_zoom_asks_the_service_for_finer_points(page: Page, golden: Json) -> None:
    page.goto(f"/#/runs/{golden['id']}")
    plot = page.locator(PLOT)
    curves = page.get_by_role("region", name="curves")
    expect(curves).to_have_attribute("data-returned", re.compile(r"^\d+,\d+$"))
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    with page.expect_response(re.compile(r"/series\?.*from=\d+&to=\d+")) as asked:
        page.mouse.move(box["x"] + box["width"] * 0.9, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.97, middle, steps=5)
        page.mouse.up()
    query = httpx.URL(asked.value.url).params
    low, high = int(query["from"]), int(query["to"])
    assert 10_000 < low < high < 120_000
    assert query["scale"] == "log"
    expect(plot).to_have_attribute("data-zoom", f"{low}-{high}")
    steps = asked.value.json()["series"][0]["steps"]
    assert low <= steps[0] < steps[-1] <= high
    # All steps together show fewer points of this range.
    assert len(steps) > 1000
    shoot(page, "run-zoom-1400", most_height=800)
    page.get_by_role("button", name="Show all steps").click()
    expect(plot).not_to_have_attribute("data-zoom", re.compile("."))


def test_values_are_read_with_the_mouse_and_with_the_keyboard(page: Page, golden: Json) -> None:
    page.goto(f"/#/runs/{golden['id']}")
    readout = page.locator(".curves-readout").first
    expect(readout).to_contain_text("Drag to zoom in")
    over = page.locator(".u-over").first
    over.hover(position={"x": 300, "y": 100})
    expect(readout).to_have_text(re.compile(r"^step [\d,]+$"))
    page.mouse.move(5, 5)
    page.locator(PLOT).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(readout).to_have_text("step 1")
    expect(page.locator(".curves-legend li").first).to_contain_text("train error")
    page.keyboard.press("PageDown")
    page.keyboard.press("+")
    expect(page.locator(PLOT)).to_have_attribute("data-zoom", re.compile(r"^\d+-\d+$"))
    page.keyboard.press("Escape")
    expect(page.locator(PLOT)).not_to_have_attribute("data-zoom", re.compile("."))


def test_axes_change_and_a_second_one_takes_any_metric(page: Page, golden: Json) -> None:
    page.goto(f"/#/runs/{golden['id']}")
    expect(page.locator(PLOT)).to_be_visible()
    with page.expect_response(re.compile(r"/series\?.*scale=linear")):
        page.get_by_role("button", name="Steps: linear").click()
    page.get_by_role("button", name="Values: linear").click()
    expect(page.get_by_role("button", name="Values: log")).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Second axis").select_option("l1_norm")
    expect(page.locator(".curves-legend")).to_contain_text("l1 norm")
    page.get_by_role("button", name="train error").click()
    expect(page.get_by_role("button", name="train error")).to_have_attribute("aria-pressed", "false")


def test_series_pictures_and_parameters_are_downloaded(page: Page, golden: Json) -> None:
    pytest.importorskip("matplotlib")
    page.goto(f"/#/runs/{golden['id']}")
    downloads = page.get_by_role("region", name="downloads")
    for label, ending, begin in (
        ("CSV", "csv", b"step,"),
        ("SVG", "svg", b"<?xml"),
        ("parameters.safetensors", "parameters.safetensors", b""),
    ):
        with page.expect_download() as found:
            downloads.get_by_role("button", name=label, exact=True).click()
        assert found.value.suggested_filename == f"{golden['id']}.{ending}"
        assert found.value.path().read_bytes().startswith(begin)


def test_components_are_shown_where_they_were_recorded(page: Page, lab: Lab) -> None:
    run = trained(lab, steps=2000, record={"parameters_per_decade": 10})
    page.goto(f"/#/runs/{run['id']}")
    components = page.get_by_role("region", name="components")
    expect(components).to_have_attribute("data-components", "100")
    expect(components.get_by_label("Vector")).to_have_value("parameters")
    expect(components).to_contain_text("100 components: the lighter, the larger at the last step.")
    plot = components.get_by_role("img", name="Components over steps")
    plot.scroll_into_view_if_needed()
    plot.locator(".u-over").hover()
    expect(components).to_contain_text(re.compile(r"Under the mouse: component \d+\."))


def test_a_run_that_is_left_early_leaves_nothing_behind(open_page: OpenPage, golden: Json) -> None:
    page, watch = open_page()
    watch.expect("status of 500")
    page.add_init_script("""
        window.observing = 0;
        window.ResizeObserver = class extends ResizeObserver {
          observe(element) { window.observing += 1; super.observe(element); }
          disconnect() { window.observing -= 1; super.disconnect(); }
        };
    """)
    held: list[Route] = []
    page.route("**/series?*", lambda route: held.append(route))
    page.goto(f"/#/runs/{golden['id']}")
    page.get_by_role("region", name="history").wait_for()
    assert page.evaluate("observing") == 1
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Figures")
    assert page.evaluate("observing") == 0

    # The same where what the run belongs to is not told.
    page.unroute("**/series?*")
    page.route("**/v1/experiments/*", lambda route: route.fulfill(status=500, body=""))
    page.goto(f"/#/runs/{golden['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This did not work")
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Figures")
    assert page.evaluate("observing") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_can_be_read_by_everybody(open_page: OpenPage, golden: Json, scheme: str) -> None:
    page, _ = open_page(scheme=scheme)
    page.goto(f"/#/runs/{golden['id']}")
    expect(page.locator(PLOT)).to_have_attribute("data-marks", re.compile("t2"))
    expect(page.get_by_role("region", name="history")).to_contain_text("created")
    assert serious_findings(page) == []


@pytest.mark.parametrize("width", [1400, 420])
def test_a_run_fits_the_screen(open_page: OpenPage, golden: Json, width: int) -> None:
    page, _ = open_page(width=width)
    page.goto(f"/#/experiments/{golden['experiment_id']}")
    expect(page.locator(PLOT)).to_have_attribute("data-marks", re.compile("t2"))
    expect(page.locator(".curves-legend")).to_contain_text("test error")
    expect(page.get_by_role("region", name="downloads")).to_contain_text("parameters.safetensors")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"run-{width}", most_height=1100)
