"""Pictures of the page for its documentation."""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).parents[2] / "docs" / "page"
WANTED = "GROKLAB_WRITE_SCREENSHOTS"


def shoot(page: Page, name: str, *, most_height: int = 1400) -> None:
    """Writes docs/page/NAME.png, where `GROKLAB_WRITE_SCREENSHOTS=1` asks for it: the page from its top."""
    if os.environ.get(WANTED) != "1":
        return
    FOLDER.mkdir(exist_ok=True)
    # What keeps its place on the screen belongs beside what is at the top.
    page.evaluate("scrollTo(0, 0)")
    width = page.evaluate("document.documentElement.clientWidth")
    height = min(most_height, page.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]
