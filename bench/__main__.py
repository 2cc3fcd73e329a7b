"""`python -m bench [engine|networks|service]`: measures and prints a table for each."""

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bench import engine, networks, service
from bench.table import show

BENCHES = {"engine": engine.rows, "networks": networks.rows, "service": service.rows}


def main() -> int:
    """Runs the named benches, or all of them."""
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench {unknown[0]!r}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in names:
        show(name, BENCHES[name]())
    return 0


sys.exit(main())
