"""What the page does where an address, a browser or somebody else does what nobody expects."""

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.faults.lab import Lab
from tests.page.conftest import Endless, OpenPage

FORBIDDEN = """
for (const area of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, area, { get() { throw new DOMException("no", "SecurityError"); } });
"""


def from_module(page: Page, path: str, use: str) -> Any:
    """What JavaScript `use` gives, called with the exports of a module of the page."""
    return page.evaluate(f"import('/pages/js/{path}.js').then({use})")


def test_addresses_that_lead_nowhere_say_so(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expect("status of (404|422)")
    heading = page.get_by_role("heading", level=1)
    page.goto("/#/experiments/%")
    expect(heading).to_have_text("There is no such page")
    for route, text in (
        ("/experiments/exp_%2e%2e%2f", "Not found"),
        ("/runs/..%2f..", "Not found"),
        ("/runs/../..", "There is no such page"),
        ("/figures/%E0%A4%A", "There is no such page"),
        ("/figures/%3Cb%3E", "Not found"),
    ):
        page.evaluate("route => (location.hash = route)", route)
        expect(heading).to_have_text(text)


def test_noise_of_rounding_neither_hangs_a_chart_nor_fills_it(page: Page) -> None:
    page.goto("/")
    use = """({ padded, ticks, valueScale }) => ["linear", "log"].flatMap((kind) => {
        const scale = valueScale(kind);
        return [1, 1e-300, 4e15, 0.1 + 0.2].flatMap((value) => {
            const raw = [scale.to(value), scale.to(value * (1 + 2 ** -52))];
            return [raw, padded(...raw)].map(([low, high]) => ticks(scale, low, high, 6).length);
        });
    })"""
    counts = from_module(page, "charts/scales", use)
    assert max(counts) <= 40
    flat = from_module(page, "charts/scales", "({ padded }) => padded(1, 1 + 2 ** -52)")
    assert flat == pytest.approx([0.995, 1.005])


def test_events_may_have_any_text(page: Page) -> None:
    page.goto("/")
    use = """({ parser }) => {
        const taken = [];
        const parse = parser((event) => taken.push(event.data) < 0);
        for (const piece of ["data: a\\u2028b\\r", "\\ndata\\n", ": c\\n\\n"]) parse(piece);
        return taken;
    }"""
    assert from_module(page, "live", use) == ["a\u2028b\n"]


def test_a_browser_that_keeps_nothing_is_enough(open_page: OpenPage) -> None:
    page, _ = open_page()
    page.add_init_script(FORBIDDEN)
    page.goto("/#/new")
    page.get_by_label("Name", exact=True).fill("kept nowhere")
    expect(page.locator(".messages")).to_contain_text("does not survive a reload")
    page.get_by_role("button", name=re.compile("Change to")).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("link", name="Figures").click()
    page.go_back()
    expect(page.get_by_label("Name", exact=True)).to_have_value("kept nowhere")
    # Every key that was pressed would say the same.
    page.get_by_label("Name", exact=True).press_sequentially("!!")
    expect(page.locator(".message")).to_have_count(1)


def test_what_is_no_spec_at_all_breaks_nothing(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expect("status of (400|422)")
    page.goto("/#/new")
    area = page.get_by_label("The spec as JSON")
    sum_line = page.locator(".sum")
    expect(sum_line).to_contain_text("1 run")
    spec = json.loads(area.input_value())
    parts: tuple[dict[str, Any], ...] = (
        {"sweep": {"axes": [{"path": 5, "values": "a"}, {"paths": [None, []], "values": 7}, 3]}},
        {"sweep": {"axes": [{"path": "/steps", "logspace": "no"}], "seeds": []}},
        {"sweep": []},
        {"problem": None, "model": [], "regularization": 5, "optimizer": "x", "record": [], "tags": {}},
        {"model": {"kind": "constructor"}, "optimizer": {"kind": ["a"]}},
        {"problem": {"kind": "__proto__"}, "detect": {"metric": []}, "stop": None},
    )
    for part in parts:
        area.fill(json.dumps({**spec, **part}))
        expect(sum_line).to_contain_text("not right yet")
    area.fill("[" * 20_000)
    expect(sum_line).to_contain_text("line 1, column 33: nested deeper than 32 levels")
    area.fill(json.dumps({**spec, "name": "back"}))
    expect(page.get_by_label("Name", exact=True)).to_have_value("back")
    expect(sum_line).to_contain_text("1 run")


def test_who_is_away_when_a_view_opens_is_waited_for(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expect("ERR_")
    page.goto("/#/experiments")
    expect(page.get_by_role("heading", level=1)).to_have_text("Experiments")

    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    page.route("**/*", refuse)
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("alert")).to_have_text("the service does not answer")
    page.unroute("**/*", refuse)
    expect(page.get_by_role("heading", level=1)).to_have_text("Figures")


def test_a_view_that_is_left_leaves_nothing_behind(page: Page, endless: Endless) -> None:
    made = endless("left at once")
    page.goto("/#/experiments")
    page.get_by_label("Name", exact=True).press_sequentially("left at")
    page.get_by_role("link", name="New", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    # Longer than one who types is waited for.
    page.wait_for_timeout(500)
    expect(page).to_have_url(re.compile("#/new$"))
    page.goto(f"/#/experiments/{made}")
    page.get_by_label("Actions for this experiment").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("view", ["experiments", "runs", "figures"])
def test_what_is_deleted_elsewhere_is_left(
    open_page: OpenPage, lab: Lab, endless: Endless, view: str
) -> None:
    page, watch = open_page()
    # It may be asked for between its deletion and the word of it.
    watch.expect("status of 404")
    made = endless("deleted elsewhere")
    run = lab.midway(made)
    shown = {"experiments": made, "runs": run["id"], "figures": f"7?experiment={made}"}
    page.goto(f"/#/{view}/{shown[view]}")
    expect(page.locator(".connection")).to_have_text("live")
    httpx.delete(f"{lab.url}/v1/experiments/{made}?force=true").raise_for_status()
    left = f"#/figures/7(?!.*{made})" if view == "figures" else "#/experiments$"
    expect(page).to_have_url(re.compile(left))
    expect(page.locator(".messages")).to_contain_text("was deleted")
    expect(page.locator(".message.error")).to_have_count(0)


def test_what_did_not_come_is_asked_for_again(open_page: OpenPage, lab: Lab) -> None:
    page, watch = open_page()
    watch.expect("ERR_")
    axes = [{"path": "/regularization/l1", "values": [1e-5, 1e-4]}]
    made = lab.submit(name="cut", device="cuda", sweep={"axes": axes})
    for part in ("results", "matrix"):
        page.route(re.compile(f"/{part}[?]"), lambda route: route.abort("connectionreset"), times=1)
    page.goto(f"/#/experiments/{made}")
    expect(page.get_by_role("region", name="table of results")).to_have_attribute("data-rows", "2")
    expect(page.get_by_role("heading", name="Median t2")).to_be_visible()
    # Sweeps that other tests play are for the same queue.
    lab.post(f"/v1/experiments/{made}/cancel")


def test_names_are_seen_and_keep_their_direction_to_themselves(page: Page, lab: Lab) -> None:
    blank = lab.submit(name="\u200b \u2066\u2069", tags=["odd"], steps=10)
    lab.submit(name="\u202eturned", tags=["odd"], steps=10)
    page.goto("/#/experiments?tag=odd")
    expect(page.get_by_role("link", name=blank)).to_be_visible()
    page.locator("tr").filter(has_text="turned").get_by_text("Actions").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").locator("bdi")).to_have_text("\u202eturned")


def test_what_was_retried_elsewhere_is_followed_again(page: Page, lab: Lab, endless: Endless) -> None:
    made = endless("retried elsewhere")
    lab.midway(made)
    lab.post(f"/v1/experiments/{made}/cancel")
    lab.finish(made)
    page.goto(f"/#/experiments/{made}")
    expect(page.locator(".chip.state").first).to_have_text("cancelled")
    lab.post(f"/v1/experiments/{made}/retry")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".chip.state").first).to_have_text("running")
    expect(page.locator(".connection")).to_have_text("live")
