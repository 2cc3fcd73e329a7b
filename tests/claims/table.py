"""What was claimed and what was measured, as a table between two marks of a document."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "GROKLAB_CLAIMS_TABLE"
BEGIN, END = "<!-- claims:begin -->", "<!-- claims:end -->"
HEAD = ["| claim | setting | claimed | measured | tolerance |", "|---|---|---|---|---|"]


@dataclass
class Table:
    """The rows of one test session; each test adds its own before it asserts."""

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def row(self, claim: str, setting: str, claimed: object, measured: object, tolerance: str) -> None:
        """One line: the claim's number, where it was measured, and what came out."""
        self.rows.append((claim, setting, _text(claimed), _text(measured), tolerance))

    def write(self) -> None:
        """Rewrites the part between the marks of the document that the environment names, if it names one."""
        if not self.rows or VARIABLE not in os.environ:
            return
        document = Path(os.environ[VARIABLE])
        lines = [*HEAD, *(f"| {' | '.join(row)} |" for row in sorted(self.rows, key=_order))]
        before, _, rest = document.read_text().partition(BEGIN)
        _, found, after = rest.partition(END)
        if not found:
            raise ValueError(f"{document} has no marks {BEGIN} and {END}")
        document.write_text("\n".join([before + BEGIN, *lines, END + after]))


def _order(row: tuple[str, ...]) -> tuple[int, str]:
    number = re.search(r"\d+", row[0])
    return (int(number.group()) if number else 0, row[1])


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "none" if value is None else str(value)
