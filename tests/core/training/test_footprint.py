"""A batch of 256 runs at n = 100 fits in 200 MB, everything it records included."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.core.training.test_methods import COMPLETION

BOUND = 200 * 2**20
MEASURE = """
import json, pathlib, re, sys
from tests.core.training.memory import cells_of
from core.training import Pace, Signal, train

class Sink:
    def write(self, frame): pass
    def load(self): return {}
    def save(self, step, states): pass
    def poll(self, step): return Signal()

def peak():
    # Of this program alone; getrusage would begin with what its parent had.
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status).group(1))

def once(cells):
    train(cells, range(len(cells)), "cpu", recorder=Sink(), checkpoints=Sink(), control=Sink(), pace=Pace())

over = json.loads(sys.argv[1])
once(cells_of(**{**over, "steps": 50}, sweep={"seeds": {"count": 2}}))
before = peak()
once(cells_of(**over, sweep={"seeds": {"count": 256}}))
print(peak() - before)
"""


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"problem": {"basis": "fourier"}, "record": {"parameters_per_decade": 20}},
        {"model": {"depth": 4}},
        {"problem": COMPLETION, "record": {"metrics": ["train_error", "singular_values", "parameters"]}},
        {"problem": {"kind": "matrix_sensing"}, "regularization": {"nuclear": 1e-3}, "steps": 300},
        {"regularization": {"l2_squared": 1e-3}, "steps": 10**8},
    ],
    ids=lambda over: json.dumps(over)[:40],
)
def test_a_batch_of_256_runs_takes_under_200_mb(over: dict[str, Any]) -> None:
    over = {"rng": "default", "steps": 2000, **over}
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(over)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert 0 < int(found.stdout) < BOUND
