"""The list of experiments, and what one may do with them."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.faults.lab import Lab
from tests.page.axe import serious_findings
from tests.page.conftest import Endless, OpenPage
from tests.page.golden import T2, Json, trained
from tests.page.shots import shoot

SWEEP: Json = {
    "steps": 20_000,
    "detect": {"train_threshold": 0.05, "test_threshold": 0.05},
    "sweep": {
        "axes": [{"path": "/regularization/l1", "values": [1e-3, 2e-3, 4e-3]}],
        "seeds": {"start": 0, "count": 4},
    },
}


def test_an_experiment_is_seen_running_and_is_cancelled_retried_and_deleted(
    page: Page, lab: Lab, endless: Endless
) -> None:
    made = endless("a long one")
    page.goto("/")
    row = page.get_by_role("row").filter(has_text="a long one")
    expect(row.locator(".chip.state")).to_have_text("running")
    expect(row.get_by_role("progressbar")).to_be_visible()

    row.get_by_label("Actions for a long one").click()
    row.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("a long one: 1 run has not ended")
    dialog.get_by_role("button", name="Cancel its runs").click()
    expect(row.locator(".chip.state")).to_have_text("cancelled")
    assert lab.get(f"/v1/experiments/{made}")["state"] == "cancelled"

    row.get_by_label("Actions for a long one").click()
    row.get_by_role("button", name="Retry").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry 1 run").click()
    expect(row.locator(".chip.state")).to_have_text("running")

    row.get_by_label("Actions for a long one").click()
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("There is no way back")
    page.get_by_role("dialog").get_by_role("button", name="Back").click()
    expect(row).to_be_visible()
    row.get_by_label("Actions for a long one").click()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(row).to_have_count(0)
    expect(page.locator(".messages")).to_contain_text("a long one is deleted")
    assert made not in [one["id"] for one in lab.get("/v1/experiments")["items"]]


def test_a_run_is_cancelled_and_a_refusal_is_told(open_page: OpenPage, lab: Lab, endless: Endless) -> None:
    page, watch = open_page()
    run = lab.midway(endless("to be cancelled"))["id"]
    page.goto(f"/#/runs/{run}")
    expect(page.locator(".progress .text")).to_contain_text("steps/s")
    page.get_by_label("Actions for this run").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(page.locator(".chip.state")).to_have_text("cancelled")
    expect(page.get_by_role("region", name="history")).to_contain_text("cancelled")

    # Somebody else was faster: the dialog stays and says so.
    page.get_by_label("Actions for this run").click()
    page.get_by_role("button", name="Retry").click()
    lab.post(f"/v1/runs/{run}/retry")
    watch.expect("status of 409")
    page.get_by_role("dialog").get_by_role("button", name="Retry it").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("failed and cancelled runs alone")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_more_steps_are_asked_for(page: Page, lab: Lab) -> None:
    made = lab.submit(name="too short", steps=500)
    lab.finish(made)
    page.goto(f"/#/experiments/{made}")
    page.get_by_label("Actions for this experiment").click()
    page.get_by_role("button", name="Extend").click()
    page.get_by_label("Steps in all").fill("900")
    page.get_by_role("dialog").get_by_role("button", name="Extend").click()
    expect(page.locator(".run-head .text")).to_contain_text("step 900 of 900")
    expect(page.get_by_role("region", name="history")).to_contain_text("extended")


def test_the_list_tells_what_all_runs_have_in_common(page: Page, lab: Lab) -> None:
    lab.finish(lab.submit(name="one length", steps=10))
    axes = [{"path": "/steps", "values": [10, 20]}]
    lab.finish(lab.submit(name="two lengths", sweep={"axes": axes}))
    page.goto("/")
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="one length")).to_contain_text("sparse recovery · subgradient · 10 steps")
    expect(rows.filter(has_text="two lengths")).not_to_contain_text("steps")


def test_the_service_filters_and_the_address_keeps_what_was_asked(page: Page, lab: Lab) -> None:
    for name, tags in (("Alpha law", ["law", "x"]), ("beta map", ["map"]), ("ALPHA map", ["map"])):
        lab.finish(lab.submit(name=name, tags=tags, steps=10))
    page.goto("/")
    names = page.locator("tbody th")
    page.get_by_label("Name").fill("alpha")
    expect(names).to_have_count(2)
    page.get_by_label("Tag").fill("map")
    expect(names).to_have_count(1)
    expect(page).to_have_url(re.compile(r"tag=map&name=alpha"))
    page.reload()
    expect(names).to_have_text(re.compile("ALPHA map"))
    page.get_by_label("State").select_option("failed")
    expect(page.get_by_text("No experiment is like that.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("row").filter(has_text="beta map")).to_be_visible()
    page.get_by_role("row").filter(has_text="Alpha law").get_by_role("button", name="law").click()
    expect(names).to_have_count(1)


def test_older_ones_of_another_filter_are_not_shown(page: Page, lab: Lab) -> None:
    for name in ("older one", "older two", "newer"):
        lab.finish(lab.submit(name=name, tags=["pages"], steps=10))
    held: list[Route] = []
    page.route("**/v1/experiments?*limit=50*", lambda route: route.continue_(url=_small_pages(route)))
    page.route("**/v1/experiments?*cursor=*", lambda route: held.append(route))
    page.goto("/#/experiments?tag=pages")
    names = page.locator("tbody th")
    expect(names).to_have_count(1)
    with page.expect_request(re.compile("cursor=")):
        page.get_by_role("button", name="Show older ones").click()
    page.get_by_label("Name").fill("two")
    expect(names).to_have_text(re.compile("older two"))
    with page.expect_response(re.compile("cursor=")) as older:
        held.pop().continue_()
    assert [one["name"] for one in older.value.json()["items"]] == ["older two"]
    page.wait_for_timeout(300)
    expect(names).to_have_count(1)
    expect(page.get_by_role("button", name="Show older ones")).to_be_hidden()


def _small_pages(route: Route) -> str:
    return route.request.url.replace("limit=50", "limit=1")


def test_nothing_of_a_view_is_left_when_one_goes_back(page: Page, lab: Lab) -> None:
    page.add_init_script("""
        window.pressed = new Set();
        const add = document.addEventListener, remove = document.removeEventListener;
        document.addEventListener = function (kind, listener, ...more) {
          if (kind === "pointerdown") window.pressed.add(listener);
          return add.call(this, kind, listener, ...more);
        };
        document.removeEventListener = function (kind, listener, ...more) {
          if (kind === "pointerdown") window.pressed.delete(listener);
          return remove.call(this, kind, listener, ...more);
        };
    """)
    lab.finish(lab.submit(name="to be left", tags=["left"], steps=10))
    page.goto("/#/figures")
    title = page.get_by_role("heading", level=1)
    for label in ("a menu", "a dialog", "what was typed"):
        page.goto("/#/experiments?tag=left")
        page.get_by_label("Actions for to be left").click()
        page.get_by_role("button", name="Delete").wait_for()
        if label == "a dialog":
            page.get_by_role("button", name="Delete").click()
            page.get_by_role("dialog").wait_for()
        if label == "what was typed":
            page.get_by_label("Name").fill("to be")
        page.go_back()
        expect(title).to_have_text("Figures")
        expect(page.get_by_role("dialog")).to_have_count(0)
        title.click()
        assert page.evaluate("pressed.size") == 0, label
    page.wait_for_timeout(400)
    expect(page).to_have_url(re.compile("#/figures$"))


def test_names_and_tags_are_texts_whatever_they_are(page: Page, lab: Lab) -> None:
    name, tag = "<img src=x onerror=alert(1)>", "<b>bold</b>"
    made = lab.submit(name=name, tags=[tag], steps=10)
    lab.finish(made)
    page.goto("/")
    row = page.get_by_role("row").filter(has_text=name)
    expect(row.get_by_role("link", name=name)).to_be_visible()
    expect(row.get_by_role("button", name=tag)).to_be_visible()
    row.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page).to_have_title(f"{name} · Groklab")
    assert page.locator("img[src='x'], main .tags b").count() == 0


def test_the_curl_line_asks_for_the_same(page: Page, lab: Lab) -> None:
    made = lab.submit(name="it's quoted", steps=10)
    page.goto(f"/#/experiments/{made}")
    page.get_by_label("Actions for this experiment").click()
    page.get_by_role("button", name="Show as curl").click()
    line = page.get_by_role("dialog").locator("pre").inner_text()
    assert line.startswith(f"curl -s {lab.url}/v1/experiments -H 'Content-Type: application/json' -d '")
    assert r"it'\''s quoted" in line
    page.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Copied")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (420, "light"), (360, "dark")])
def test_the_list_fits_the_screen_and_can_be_read_by_everybody(
    open_page: OpenPage, lab: Lab, endless: Endless, width: int, scheme: str
) -> None:
    trained(lab, steps=T2 + 1, name="golden run")
    trained(lab, steps=20_000, name="Weak penalty: not in time", tags=["demo", "l1"])
    lab.finish(lab.submit(name="Strength of l1 against the delay", tags=["demo", "law"], **SWEEP))
    endless("A run for the night")
    page, _ = open_page(width=width, scheme=scheme)
    page.goto("/#/experiments?tag=demo")
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="golden run").first).to_contain_text("1 grokked")
    expect(rows.filter(has_text="not in time").first).to_contain_text("1 memorised only")
    expect(rows.filter(has_text="A run for the night").first).to_contain_text("running")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_findings(page) == []
    if scheme == "light":
        shoot(page, f"experiments-{width}", most_height=900)
