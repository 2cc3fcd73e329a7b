"""The figures of the paper on the page: the gallery, trying one out, its verdict."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.faults.lab import Lab
from tests.page.axe import serious_findings
from tests.page.conftest import OpenPage
from tests.page.shots import shoot

FIGURE = "7"


@pytest.fixture(scope="module")
def judged(lab: Lab) -> str:
    """An experiment of the figure that has ended."""
    spec = lab.get(f"/v1/figures/{FIGURE}")["spec"]["smoke"]
    experiment = lab.submit(**{**spec, "reuse": True})
    lab.finish(experiment)
    return experiment


def test_a_figure_is_found_tried_out_and_judged(page: Page, lab: Lab) -> None:
    pytest.importorskip("matplotlib")
    page.goto("/#/figures")
    cards = page.locator(".figure-card")
    expect(cards).to_have_count(len(lab.get("/v1/figures")["items"]))
    page.get_by_label("Find").fill("large start c12")
    expect(cards).to_have_count(1)
    cards.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Figure {FIGURE}: l2 alone")
    expect(page.get_by_role("region", name="claims at smoke scale")).to_contain_text("e-folding time")
    expect(page.get_by_text(re.compile(r"smoke: \d+ runs, .*paper: \d+ runs"))).to_be_visible()
    page.get_by_role("button", name="Run at smoke scale").click()
    verdict = page.get_by_role("region", name="verdict", exact=True)
    expect(verdict).to_have_attribute("data-passed", "true")
    expect(verdict.get_by_role("heading")).to_have_text(re.compile("Verdict at smoke scale ✓ passed"))
    experiment = re.search("experiment=(exp_[a-z0-9]+)", page.url)
    assert experiment is not None
    expected = lab.get(f"/v1/figures/{FIGURE}/verdict", experiment=experiment[1])
    rows = verdict.locator("tbody tr")
    expect(rows).to_have_count(len(expected["claims"]))
    for row, claim in zip(rows.all(), expected["claims"], strict=True):
        expect(row).to_contain_text(claim["id"])
        expect(row).to_contain_text(claim["expected"])
        expect(row).to_contain_text("passed")
    expect(verdict).to_contain_text("0.844947")
    expect(verdict.get_by_role("img", name=f"The panels of figure {FIGURE}")).to_be_visible()
    verdict.get_by_role("link", name=re.compile("^run ")).first.click()
    expect(page).to_have_url(re.compile("#/runs/run_"))


def test_the_paper_scale_is_asked_for_twice(page: Page, lab: Lab, judged: str) -> None:
    before = len(lab.get("/v1/experiments", tag="scale:paper")["items"])
    page.goto(f"/#/figures/{FIGURE}?experiment={judged}")
    page.get_by_role("button", name="Run at paper scale").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"paper: \d+ runs"))
    dialog.get_by_role("button", name="Back").click()
    expect(dialog).to_have_count(0)
    assert len(lab.get("/v1/experiments", tag="scale:paper")["items"]) == before


def test_a_token_that_may_only_read_is_told_no_costs(open_page: OpenPage, judged: str) -> None:
    page, watch = open_page()
    watch.expect("status of 403")
    refusal = '{"title": "Forbidden", "detail": "This token may only read."}'
    page.route(
        "**/v1/experiments?dry_run=true",
        lambda route: route.fulfill(status=403, content_type="application/problem+json", body=refusal),
    )
    with page.expect_response(re.compile("dry_run")):
        page.goto(f"/#/figures/{FIGURE}?experiment={judged}")
    expect(page.get_by_role("region", name="verdict", exact=True)).to_have_attribute("data-passed", "true")
    expect(page.locator(".messages .message")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_verdict_can_be_read_by_everybody(open_page: OpenPage, judged: str, scheme: str) -> None:
    page, _ = open_page(scheme=scheme)
    page.goto(f"/#/figures/{FIGURE}?experiment={judged}")
    expect(page.get_by_role("region", name="verdict", exact=True)).to_have_attribute("data-passed", "true")
    assert serious_findings(page) == []
    page.goto("/#/figures")
    expect(page.locator(".figure-card").first).to_be_visible()
    assert serious_findings(page) == []


@pytest.mark.parametrize("width", [1400, 420])
def test_figures_fit_the_screen(open_page: OpenPage, judged: str, width: int) -> None:
    pytest.importorskip("matplotlib")
    page, _ = open_page(width=width)
    page.goto("/#/figures")
    expect(page.locator(".figure-card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"figures-{width}", most_height=1100)
    page.goto(f"/#/figures/{FIGURE}?experiment={judged}")
    expect(page.get_by_role("img", name=f"The panels of figure {FIGURE}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"figure-{width}", most_height=1500)
