"""Rows of measurements and how they are printed."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement beside what it is held against."""

    work: str
    measured: str
    against: str
    ratio: float
    bar: str


def show(name: str, rows: Iterable[Row]) -> None:
    """Prints rows as they come, as a Markdown table."""
    print(f"\n## {name} ({platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()})\n")
    print("| work | measured | against | ratio | bar |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.work} | {row.measured} | {row.against} | {row.ratio:.2f} | {row.bar} |", flush=True)
