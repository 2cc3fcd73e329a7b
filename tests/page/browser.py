"""A browser that watches itself: errors on the console, and requests that leave the service."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "GROKLAB_REQUIRE_BROWSER"
WAIT_MS = 60_000
"""How long anything is waited for: a busy machine is slow, not wrong."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """An installed Chromium without a window. Skips where there is none, or fails if one is required."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        refuse = pytest.fail if os.environ.get(REQUIRED) == "1" else pytest.skip
        refuse(f"no Chromium is installed (one of {', '.join(_NAMES)}); {REQUIRED}=1 makes this a failure")
    # Chromium's sandbox does not work for root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What went wrong in a page, but for what a test says to expect."""

    origin: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Errors on the console that match are part of the test."""
        self.expected.append(pattern)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def see(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "blob:", "data:")):
            self.strangers.append(request.url)

    def check(self) -> None:
        """Fails for an error that nobody expected, and for any request to elsewhere."""
        unexpected = [
            error for error in self.errors if not any(re.search(one, error) for one in self.expected)
        ]
        assert unexpected == []
        assert self.strangers == []


@contextmanager
def watched_page(
    browser: Browser,
    origin: str,
    *,
    width: int = 1400,
    height: int = 900,
    scheme: Literal["dark", "light"] = "light",
    **more: Any,
) -> Iterator[tuple[Page, Watch]]:
    """A tab of its own that is checked when it is closed; `more` goes to Playwright's new_context."""
    context = browser.new_context(
        base_url=origin,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        **more,
    )
    context.set_default_timeout(WAIT_MS)
    watch = Watch(origin)
    try:
        page = context.new_page()
        page.on("console", watch.hear)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("request", watch.see)
        yield page, watch
    finally:
        context.close()
    watch.check()
