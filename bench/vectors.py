"""Sparse recovery, shallow and deep, beside a plain NumPy loop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.machine import Machine
from bench.race import Window, race
from bench.table import Bar, Row

DIMENSION = 100
# There checks and records are as dense as in a run of 1e5 steps as a whole.
SWEEP, ALONE = Window(10_000, 20_000, 1e-12), Window(20_000, 60_000, 1e-12)
AXES = [
    {"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-4, "num": 16}},
    {"path": "/optimizer/learning_rate", "linspace": {"start": 0.01, "stop": 0.1, "num": 16}},
]
SHARED: dict[str, Any] = {"axes": AXES}
SEEDS: dict[str, Any] = {"seeds": {"count": 256}}


@dataclass(frozen=True, slots=True)
class Case:
    """One row."""

    work: str
    measurements: int = 30
    depth: int = 1
    sweep: dict[str, Any] | None = None
    bar: Bar | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """But for its steps."""
        deep = {"kind": "linear", "depth": self.depth, "init": {"kind": "sign_symmetric", "scale": 1e-2}}
        return {
            "problem": {
                "kind": "sparse_recovery",
                "dimension": DIMENSION,
                "measurements": self.measurements,
            },
            "model": deep if self.depth > 1 else {"kind": "linear"},
            "regularization": {"l1": 1e-5},
            "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
            "allow_unstable": True,
            "sweep": self.sweep,
        }

    @property
    def operations(self) -> float:
        """Of the two products in a step; what is done entry by entry is not counted."""
        return 4.0 * self.measurements * DIMENSION


CASES = [
    Case("sparse N=30, 256 runs, one design", sweep=SHARED, bar=Bar(8, 15)),
    Case("sparse N=70, 256 runs, one design", measurements=70, sweep=SHARED, bar=Bar(6, 10)),
    Case("sparse N=30, 256 seeds, a design each", sweep=SEEDS, bar=Bar(7, 15)),
    Case("depth 2, 256 runs, one design", depth=2, sweep=SHARED, bar=Bar(6, 12)),
    Case("depth 3, 256 runs, one design", depth=3, sweep=SHARED, bar=Bar(6, 12)),
    Case("sparse N=30, one run"),
    Case("depth 2, one run", depth=2),
]


def rows(machine: Machine) -> Iterator[Row]:
    """One row a case."""
    for case in CASES:
        speeds = race(case.spec, SWEEP if case.sweep else ALONE)
        yield speeds.row(case.work, case.bar, case.operations / machine.peak64)
