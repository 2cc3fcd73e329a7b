"""`python -m bench [group ...]`: measures, prints one table, and with `--write FILE` keeps it."""

import argparse
import os
import sys
from pathlib import Path

# BLAS reads them when it is loaded, so they stand before the imports.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import torch

from bench import (
    events,
    live,
    matrices,
    networks,
    reading,
    recording,
    service,
    store,
    sweep,
    vectors,
    workers,
    writing,
)
from bench.document import replace_table
from bench.machine import look_at_machine
from bench.table import HEAD, Report

GROUPS = {
    "engine": vectors.rows,
    "matrices": matrices.rows,
    "networks": networks.rows,
    "events": events.rows,
    "recording": recording.rows,
    "workers": workers.rows,
    "sweep": sweep.rows,
    "service": service.rows,
    "store": store.rows,
    "reading": reading.rows,
    "writing": writing.rows,
    "live": live.rows,
}


def main() -> int:
    """Runs the named groups, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known, page = ", ".join(GROUPS), "the page between whose marks the table of a full run is put"
    parser.add_argument("groups", nargs="*", metavar="group", help=f"of {known}; all by default")
    parser.add_argument("--write", type=Path, metavar="FILE", help=page)
    asked = parser.parse_args()
    if unknown := set(asked.groups) - set(GROUPS):
        parser.error(f"no group {min(unknown)!r}; there are {known}")
    if asked.write and asked.groups:
        parser.error("only a full run is written down")
    if asked.write:
        # A page without marks is found out before the long run, not after it.
        replace_table(asked.write.read_text(encoding="utf-8"), "")
    report = _measure(asked.groups or list(GROUPS))
    if asked.write:
        text = asked.write.read_text(encoding="utf-8")
        asked.write.write_text(replace_table(text, report.text()), encoding="utf-8")
    return 0


def _measure(groups: list[str]) -> Report:
    """Prints what is found as it is found."""
    torch.set_num_threads(1)
    machine = look_at_machine()
    report = Report(machine.text())
    print(f"{report.machine}\n\n{HEAD}", flush=True)
    for group in groups:
        for found in GROUPS[group](machine):
            report.add(found)
            print(found.line(), flush=True)
    # Rows of wall time mean little where others have worked meanwhile.
    report.machine += f" Load {os.getloadavg()[0]:.2f} after the last row."
    print(f"\n{report.remarks()}")
    return report


if __name__ == "__main__":
    sys.exit(main())
