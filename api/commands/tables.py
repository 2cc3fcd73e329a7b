"""Tables of the command line."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

_WIDE = 1000


def write_table(rows: Iterable[Mapping[str, Any]], header: bool = True) -> None:
    """Prints the rows, all with the columns of the first; prints nothing without rows."""
    from rich.console import Console
    from rich.table import Table

    lines = list(rows)
    if not lines:
        return
    table = Table(box=None, pad_edge=False, show_header=header)
    for name in lines[0]:
        table.add_column(name, no_wrap=True)
    for line in lines:
        table.add_row(*(_cell(value) for value in line.values()))
    # A pipe has no width; what reads it wants whole ids.
    width = None if sys.stdout.isatty() else _WIDE
    Console(highlight=False, markup=False, width=width).print(table)


def counted(counts: Mapping[str, int]) -> str:
    """Such as `2 running, 1 failed`."""
    return ", ".join(f"{n:,} {state}" for state, n in counts.items() if n)


def plain(value: Any) -> Any:
    """The value, or its JSON where it is no scalar."""
    return json.dumps(value) if isinstance(value, dict | list) else value


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(plain(value))
