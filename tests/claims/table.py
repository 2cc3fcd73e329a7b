"""The tables of claims: what was claimed and what was measured, of linear problems and of networks.

GROKLAB_CLAIMS_TABLE names a folder. Claims of networks, C32 and later, go into the table of its networks.md,
the others into that of its linear.md; rows of tests that did not run stay. So both are refreshed at once by

    GROKLAB_CLAIMS_TABLE=docs pytest tests/claims -m '' -n 2

and one alone by the tests that fill it, such as tests/claims/test_modular_arithmetic.py.
"""

import math
import os
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

VARIABLE = "GROKLAB_CLAIMS_TABLE"
BEGIN, END = "<!-- claims:begin -->", "<!-- claims:end -->"
HEAD = "| claim | setting | claimed | measured | tolerance |\n|---|---|---|---|---|"
FIRST_OF_NETWORKS = 32
"""Number of the first claim about networks."""
_PROPERTY = "claim"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `measured` says so where the claim is not met."""

    claim: str
    setting: str
    claimed: str
    measured: str
    tolerance: str

    @property
    def number(self) -> int:
        """31 of C31."""
        return int(re.sub(r"\D", "", self.claim))

    @property
    def page(self) -> str:
        """Name of the file whose table has it."""
        return "networks.md" if self.number >= FIRST_OF_NETWORKS else "linear.md"

    def line(self) -> str:
        return "| " + " | ".join(astuple(self)) + " |"


class Claims:
    """Compares what was measured with what is claimed; every comparison is a row, met or not."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._properties = request.node.user_properties

    def number(
        self,
        claim: str,
        setting: str,
        measured: float | None,
        claimed: float,
        *,
        rel: float = 0,
        off: float = 0,
    ) -> None:
        """`measured` is `claimed` within the part `rel` of it, or within `off`; None is never."""
        tolerance = "exact" if rel == off == 0 else f"{100 * rel:.3g} %" if rel else f"± {off:.6g}"
        met = measured is not None and abs(measured - claimed) <= max(rel * abs(claimed), off)
        self.holds(claim, setting, _text(claimed), _text(measured), met, tolerance)

    def between(self, claim: str, setting: str, measured: float | None, low: float, high: float) -> None:
        """`measured` lies in [low, high]; one end may be infinite; None is never inside."""
        claimed = f"{_text(low)} to {_text(high)}"
        if math.isinf(low) or math.isinf(high):
            claimed = f"≤ {_text(high)}" if math.isinf(low) else f"≥ {_text(low)}"
        self.holds(claim, setting, claimed, _text(measured), measured is not None and low <= measured <= high)

    def holds(
        self, claim: str, setting: str, claimed: str, measured: str, met: bool, tolerance: str = "-"
    ) -> None:
        """A claim in words, `met` or not."""
        told = measured if met else f"**{measured}, not met**"
        row = Row(claim, setting, claimed, told, tolerance)
        self._properties.append((_PROPERTY, list(astuple(row))))
        assert met, row.line()


@pytest.fixture
def claims(request: pytest.FixtureRequest) -> Claims:
    """Where a test says what it has measured."""
    return Claims(request)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Puts the rows of all tests that ran into the files, also those that other processes ran."""
    if folder := os.environ.get(VARIABLE):
        write_tables(Path(folder), list(_rows_of(terminalreporter)))


def write_tables(folder: Path, rows: list[Row]) -> None:
    """Puts each row into the table of its page. Raises ValueError for a page without marks."""
    for name in sorted({row.page for row in rows}):
        path = folder / name
        text = path.read_text(encoding="utf-8") if path.exists() else f"{BEGIN}\n{END}\n"
        path.write_text(with_rows(text, [row for row in rows if row.page == name]), encoding="utf-8")


def with_rows(text: str, rows: list[Row]) -> str:
    """The text with the rows in the table between its marks; rows of the same claim and setting give way.

    Raises ValueError for a text without marks.
    """
    before, begin, rest = text.partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the text needs the marks {BEGIN} and {END}")
    known = [Row(*cells) for line in inside.splitlines() if len(cells := _cells(line)) == 5]
    latest = {(row.claim, row.setting): row for row in [*known, *rows]}
    ordered = sorted(latest.values(), key=lambda row: (row.number, row.setting))
    table = "\n".join([HEAD, *(row.line() for row in ordered)])
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.strip("| ").split("|")]
    return cells if re.fullmatch(r"C\d+", cells[0]) else []


def _rows_of(reporter: pytest.TerminalReporter) -> Iterator[Row]:
    for reports in reporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, value in report.user_properties:
                    if name == _PROPERTY and isinstance(value, list):
                        yield Row(*map(str, value))


def _text(number: float | None) -> str:
    if number is None:
        return "none"
    return f"{number:,}" if isinstance(number, int) else f"{number:.6g}"
