"""Matrix completion with the nuclear norm beside a plain NumPy loop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.machine import Machine
from bench.race import Window, has_compiled, race, torch_alone
from bench.table import Bar, Found, LeftOut

RUNS = 64
TORCH_BAR, LONE_BAR = Bar(1.3), Bar(3, 6)
# What it records a lone run pays by itself; there records are as dense as in a run of 1e5 steps as a whole.
ALONE = Window(10_000, 40_000, 1e-9)


@dataclass(frozen=True, slots=True)
class Case:
    """A size of matrices.

    Attributes:
        size: rows, and columns.
        measurements: observed entries N.
        window: the engine checks every step below 1,000, so it begins there.
        bar: of the compiled path.
    """

    size: int
    measurements: int
    window: Window
    bar: Bar

    def spec(self, runs: int) -> dict[str, Any]:
        """But for its steps."""
        return {
            "problem": {
                "kind": "matrix_completion",
                "rows": self.size,
                "columns": self.size,
                "rank": 2,
                "measurements": self.measurements,
            },
            "model": {"kind": "linear"},
            "regularization": {"nuclear": 1e-5},
            "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
            "sweep": {"seeds": {"count": runs}},
        }

    @property
    def operations(self) -> float:
        """22 n^3 of a thin SVD (Golub and Van Loan, Matrix Computations, 8.6) and 2 n^3 of U V'."""
        return 24.0 * self.size**3


CASES = [
    Case(10, 80, Window(1_000, 5_000, 1e-9), Bar(4.5, 15)),
    Case(20, 320, Window(1_000, 3_000, 1e-9), Bar(2, 8)),
]


def rows(machine: Machine) -> Iterator[Found]:
    """Torch alone, the compiled path, and a lone run of each size."""
    for case in CASES:
        name, least = f"matrix {case.size}x{case.size}", case.operations / machine.peak64
        with torch_alone():
            speeds = race(case.spec(RUNS), case.window)
        yield speeds.row(f"{name}, {RUNS} runs, torch alone", TORCH_BAR, least)
        if has_compiled():
            yield race(case.spec(RUNS), case.window).row(f"{name}, {RUNS} runs", case.bar, least)
            yield race(case.spec(1), ALONE).row(f"{name}, one run", LONE_BAR, least)
        else:
            for runs in (f"{RUNS} runs", "one run"):
                yield LeftOut(f"{name}, {runs}, compiled", "compiled kernels are not installed")
