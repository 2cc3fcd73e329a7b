"""What axe-core finds wrong for people who do not see, or use no mouse."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_SERIOUS = ("serious", "critical")


def serious_findings(page: Page) -> list[str]:
    """The serious and critical violations of the page as it stands, each with where it is."""
    found = Axe().run(page)
    return [
        f"{violation['id']}: {violation['help']} at {node['target']}"
        for violation in found.response["violations"]
        if violation["impact"] in _SERIOUS
        for node in violation["nodes"]
    ]
