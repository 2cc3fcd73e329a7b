"""What happens when the service goes away, or wants a token."""

import re
import secrets
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Route, expect

from api.commands.children import free_port
from tests.faults.lab import Lab
from tests.page.conftest import Endless, OpenPage
from tests.page.golden import GOLDEN, T1


def test_the_page_comes_back_after_a_restart_of_the_api(
    open_page: OpenPage, lab: Lab, endless: Endless
) -> None:
    page, watch = open_page()
    watch.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET")
    made = endless("survivor")
    run = lab.midway(made)
    page.goto(f"/#/experiments/{made}")
    connection = page.locator(".connection")
    expect(connection).to_have_text("live")
    lab.kill(lab.api)
    expect(connection).to_have_text("reconnecting…")
    lab.restart_api()
    expect(connection).to_have_text("live")
    # What happens from now on is seen again.
    lab.post(f"/v1/runs/{run['id']}/cancel")
    expect(page.locator(".chip.state").first).to_have_text("cancelled")
    expect(connection).to_have_text("")


READER = "r" * 24


@pytest.fixture(scope="module")
def guarded(lab: Lab) -> Iterator[tuple[str, str]]:
    """A second API on the same database that wants a token; its address, and one that may write."""
    port, secret = free_port(), secrets.token_hex(24)
    process = lab.start("api", "--port", str(port), env={"GROKLAB_TOKENS": f"write:{secret},read:{READER}"})
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, trust_env=False) as http:
        lab.until(lambda: _answers(http), 60)
    yield url, secret
    process.terminate()
    process.wait(20)


def _refuse(route: Route) -> None:
    route.fulfill(status=401, content_type="application/problem+json", body="{}")


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").is_success
    except httpx.TransportError:
        return False


def test_a_token_is_asked_for_and_stays_in_its_tab(
    open_page: OpenPage, lab: Lab, guarded: tuple[str, str]
) -> None:
    url, secret = guarded
    made = lab.submit(**{**GOLDEN, "steps": 2000})
    page, watch = open_page(origin=url)
    watch.expect("status of 401")
    page.goto(f"/#/experiments/{made}")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Token").fill("x" * 48)
    dialog.get_by_role("button", name="Use it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not valid")
    dialog.get_by_label("Token").fill(secret)
    page.keyboard.press("Enter")
    # The stream, the series and the actions all go with the token.
    expect(page.locator("[data-tile=t1] .big")).to_have_text(f"{T1}")
    expect(page.locator(".chip.state").first).to_have_text("succeeded")
    assert secret not in page.content()
    page.reload()
    expect(page.locator("[data-tile=t1] .big")).to_have_text(f"{T1}")
    assert page.evaluate("JSON.stringify(localStorage) + document.cookie").count(secret) == 0

    # Who gives no other after it was revoked is asked again by what they do, not by the list.
    page.goto(f"{url}/#/experiments")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    page.clock.install()
    page.route("**/v1/experiments?*", _refuse)
    page.clock.fast_forward(5100)
    dialog.get_by_role("button", name="Not now").click()
    with page.expect_response(re.compile("/v1/experiments[?]")):
        page.clock.fast_forward(5100)
    page.clock.fast_forward(1000)
    expect(dialog).to_have_count(0)
    page.get_by_label("State").select_option("failed")
    expect(dialog).to_contain_text("revoked")

    other = page.context.new_page()
    other.goto(f"{url}/#/experiments")
    expect(other.get_by_role("dialog")).to_contain_text("A token, please")
    other.get_by_role("button", name="Not now").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("A token is needed")


def test_who_may_only_read_is_told_what_a_token_does_not_allow(
    open_page: OpenPage, guarded: tuple[str, str]
) -> None:
    page, watch = open_page(origin=guarded[0])
    watch.expect("status of (401|403)")
    page.goto("/#/figures/4")
    token = page.get_by_role("textbox", name="Token")
    token.fill("\N{SNOWMAN}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("not valid")
    token.fill(READER)
    page.keyboard.press("Enter")
    scope = "this needs a token of scope write"
    expect(page.locator("main")).to_contain_text(scope)
    expect(page.locator(".message")).to_have_count(0)
    page.get_by_role("link", name="New", exact=True).click()
    expect(page.locator(".sum")).to_contain_text(scope)

    # A token that is no longer good is asked for once, and not at each look.
    page.get_by_role("link", name="Experiments", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Experiments")
    page.evaluate("sessionStorage.setItem('groklab.token', 'revoked')")
    page.get_by_role("button", name="Not now").click()
    look = "page('/v1/experiments', { background: true })"
    ask = f"import('/pages/js/api.js').then(({{ page }}) => {look}).catch(({{ status }}) => status)"
    wait = "new Promise((resolve) => setTimeout(resolve, 3000))"
    assert page.evaluate(f"Promise.race([{ask}, {wait}])") == 401
    expect(page.get_by_role("dialog")).to_have_count(0)
