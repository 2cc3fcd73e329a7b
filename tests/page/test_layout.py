"""What surrounds every view."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.axe import serious_findings
from tests.page.conftest import OpenPage


def test_the_navigation_leads_to_every_section(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_title("Experiments · Groklab")
    for name, title in (("New", "New experiment"), ("Figures", "Figures"), ("Experiments", "Experiments")):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page).to_have_title(re.compile(title))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("nav [aria-current]")).to_have_text(name)


def test_a_keyboard_skips_to_the_content(page: Page) -> None:
    page.goto("/")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_chosen_theme_is_kept(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Change to dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("button", name="Change to light colours")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


FORBIDDEN = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError"); } });"""
KEPT = """async () => {
  const { keep, kept } = await import("/pages/js/storage.js");
  keep("sessionStorage", "a", "b");
  return kept("sessionStorage", "a");
}"""


def test_a_browser_that_forbids_storage_shows_everything(page: Page) -> None:
    page.add_init_script(FORBIDDEN)
    page.goto("/")
    expect(page.locator(".panel:visible")).to_have_count(1)
    page.get_by_role("button", name="Change to dark colours").click()
    expect(page.get_by_role("button", name="Change to light colours")).to_be_visible()
    page.get_by_role("link", name="New", exact=True).click()
    expect(page.get_by_role("region", name="dry run").locator("[data-tile=cells]")).to_be_visible()
    # What cannot be kept lasts until the page is left.
    assert page.evaluate(KEPT) == "b"


def test_an_address_that_there_is_not_says_so(page: Page) -> None:
    page.goto("/#/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")


@pytest.mark.parametrize("route", ["/experiments", "/new", "/figures"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sections_have_no_serious_finding_of_axe(open_page: OpenPage, route: str, scheme: str) -> None:
    page, _ = open_page(scheme=scheme)
    page.goto(f"/#{route}")
    page.get_by_role("heading", level=1).wait_for()
    assert serious_findings(page) == []
