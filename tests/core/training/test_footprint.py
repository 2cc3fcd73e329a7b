"""A batch of 256 runs at n = 100 fits in 200 MB and a network in 150 MB, all that they record included."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.core.training.test_methods import COMPLETION

SLOW = pytest.mark.slow
BOUND, NETWORK_BOUND = 200 * 2**20, 150 * 2**20
PROBE = """
import json, pathlib, re, sys
from core.spec import expand, parse_spec
from tests.core.training.memory import cells_of
from core.training import Pace, Signal, train

class Sink:
    def write(self, frame): pass
    def load(self): return {}
    def poll(self, step): return Signal()

def peak():
    # Of this program alone; getrusage would begin with what its parent had.
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status).group(1))

def once(cells):
    train(cells, range(len(cells)), "cpu", recorder=Sink(), checkpoints=Sink(), control=Sink(), pace=Pace())
"""
MEASURE = """
over = json.loads(sys.argv[1])
once(cells_of(**{**over, "steps": 50}, sweep={"seeds": {"count": 2}}))
before = peak()
once(cells_of(**over, sweep={"seeds": {"count": 256}}))
print(peak() - before)
"""
MEASURE_NETWORK = """
once(cells_of(steps=50, sweep={"seeds": {"count": 2}}))
before = peak()
once(expand(parse_spec(json.loads(sys.argv[1]))))
print(peak() - before)
"""
ADAM = {"kind": "adam", "learning_rate": 1e-3}
NETWORKS: dict[str, dict[str, Any]] = {
    "p = 97, everything recorded": {
        "problem": {"kind": "modular_arithmetic"},
        "model": {"kind": "encoder_decoder"},
        "regularization": {"nuclear": 1e-4, "l1": 1e-6},
        "record": {"metrics": ["train_loss", "test_accuracy", "nuclear_norm", "gradient_angle"], "every": 1},
    },
    "teacher and student, with slopes": {
        "problem": {"kind": "teacher_student"},
        "model": {"kind": "mlp", "hidden": [500]},
        "regularization": {"sobolev_1": 0.1},
    },
    "digits": {
        "problem": {"kind": "dataset", "builtin": "digits"},
        "model": {"kind": "mlp", "hidden": [100]},
    },
}


@pytest.mark.parametrize(
    "over",
    [
        {},
        pytest.param({"problem": {"basis": "fourier"}, "record": {"parameters_per_decade": 20}}, marks=SLOW),
        pytest.param({"model": {"depth": 4}}, marks=SLOW),
        {"problem": COMPLETION, "record": {"metrics": ["train_error", "singular_values", "parameters"]}},
        pytest.param(
            {"problem": {"kind": "matrix_sensing"}, "regularization": {"nuclear": 1e-3}, "steps": 300},
            marks=SLOW,
        ),
        pytest.param({"regularization": {"l2_squared": 1e-3}, "steps": 10**8}, marks=SLOW),
    ],
    ids=lambda over: json.dumps(over)[:40],
)
def test_a_batch_of_256_runs_takes_under_200_mb(over: dict[str, Any]) -> None:
    assert 0 < _measured(MEASURE, {"rng": "default", "steps": 2000, **over}) < BOUND


@pytest.mark.parametrize(
    "name", [name if name == "digits" else pytest.param(name, marks=SLOW) for name in NETWORKS]
)
def test_a_network_takes_under_150_mb(name: str) -> None:
    assert 0 < _measured(MEASURE_NETWORK, {**NETWORKS[name], "optimizer": ADAM, "steps": 60}) < NETWORK_BOUND


@pytest.mark.slow
def test_a_network_takes_no_more_after_thousands_of_steps() -> None:
    name = "p = 97, everything recorded"
    few = {**NETWORKS[name], "regularization": {"l1": 1e-6}, "record": {"every": 10}, "optimizer": ADAM}
    short, long = (_measured(MEASURE_NETWORK, {**few, "steps": steps}) for steps in (300, 4000))
    assert long < short + 40 * 2**20


def _measured(program: str, argument: dict[str, Any]) -> int:
    """Bytes that a program printed."""
    found = subprocess.run(
        [sys.executable, "-c", PROBE + program, json.dumps(argument)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(found.stdout)
