"""One browser and one service, with a worker, for all tests of the page.

They end with the package: beside Playwright's loop, tests of other packages could not run one of their own.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.faults.lab import Lab
from tests.page.browser import WAIT_MS, Watch, chromium, watched_page

Opened = tuple[Page, Watch]
OpenPage = Callable[..., Opened]
Endless = Callable[[str], str]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT_MS)
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A service with one worker; the browser first, so that nothing starts where there is none."""
    # A browser and a service that start together are slow on a busy machine.
    running = Lab(tmp_path_factory.mktemp("page"), {}, seconds=240)
    try:
        running.worker(seconds=240)
        yield running
    finally:
        running.close()


@pytest.fixture
def endless(lab: Lab) -> Iterator[Endless]:
    """Asks for a run of this name that goes on until the test ends; the id of its experiment."""
    made: list[str] = []

    def asked(name: str) -> str:
        record = {"per_decade": 10}
        made.append(lab.submit(name=name, tags=["demo"], steps=400_000_000, engine="loop", record=record))
        return made[-1]

    yield asked
    for experiment in lab.get("/v1/experiments", limit=1000)["items"]:
        if experiment["id"] in made:
            lab.post(f"/v1/experiments/{experiment['id']}/cancel")


@pytest.fixture
def open_page(browser: Browser, lab: Lab) -> Iterator[OpenPage]:
    """Opens tabs, each with its watch; `origin` is another service than the one of all tests."""
    with ExitStack() as stack:

        def opened(**more: Any) -> Opened:
            return stack.enter_context(watched_page(browser, more.pop("origin", lab.url), **more))

        yield opened


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A tab of 1400 by 900 pixels in light colours."""
    return open_page()[0]
