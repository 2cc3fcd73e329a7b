"""Networks train on a card as they do on a CPU; without a card there is nothing to test."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.spec import Cell
from core.training import Ending, Pace, Signal
from tests.core.networks import DIGITS, MODULAR, TEACHER, network_cells
from tests.core.training.memory import Memory, run

# Deterministic products need a workspace of fixed size. Read when the card is first used.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA card"),
]
CARD = "cuda"
CASES: dict[str, dict[str, Any]] = {
    "pairs": {"base": MODULAR, "regularization": {"l2": 1e-4}},
    "pairs, minibatches": {
        "base": MODULAR,
        "model": {"combine": "concat", "shared_embedding": True, "bias": True},
        "optimizer": {"batch_size": 17},
        "regularization": {"l1": 1e-4},
    },
    "pairs, nuclear norm": {"base": MODULAR, "regularization": {"nuclear": 1e-4}},
    "momentum": {
        "base": TEACHER,
        "optimizer": {
            "kind": "sgd",
            "learning_rate": 1e-2,
            "momentum": 0.9,
            "nesterov": True,
            "schedule": {"kind": "warmup", "warmup_steps": 20},
        },
    },
    "Jacobians": {"base": TEACHER, "regularization": {"sobolev_1": 0.1}, "optimizer": {"batch_size": 5}},
    "Hessians": {
        "base": TEACHER,
        "model": {"hidden": [6, 5], "bias": True},
        "regularization": {"sobolev_1_squared": 0.1, "sobolev_2": 0.05},
    },
    "digits": {
        "base": DIGITS,
        "optimizer": {"batch_size": 64, "schedule": {"kind": "cosine", "warmup_steps": 5}},
    },
}
LEVELS = {"accuracy": (0.3, 0.1), "loss": (1.3, 1.1)}


def _cells(name: str, **over: Any) -> list[Cell]:
    """Four runs that differ in learning rate and seed."""
    case = {**CASES[name], "steps": 60, "record": {"first": 10, "per_decade": None, "every": 20}, **over}
    base = case.pop("base")
    kind = "loss" if base is TEACHER else "accuracy"
    detect = {"metric": kind, "train_threshold": LEVELS[kind][0], "test_threshold": LEVELS[kind][1]}
    axes = [{"path": "/optimizer/learning_rate", "values": [1e-3, 3e-3]}]
    sweep = {"axes": axes, "seeds": {"count": 2}}
    return network_cells(base, **case, detect=detect, sweep=sweep)


def _assert_close(a: Memory, b: Memory, tolerance: float) -> None:
    for member in a.results:
        assert np.array_equal(a.steps(member), b.steps(member))
        for metric in a.frames[0].names:
            expected = b.series(metric, member)
            # A share of few rows moves by a whole row.
            if "accuracy" not in metric:
                assert a.series(metric, member) == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize(("precision", "tolerance"), [("float64", 1e-9), ("float32", 2e-3)])
@pytest.mark.parametrize("name", CASES)
def test_a_card_computes_what_a_cpu_does(name: str, precision: str, tolerance: float) -> None:
    cells = _cells(name, precision=precision)
    there, _ = run(cells, device=CARD)
    _assert_close(there, run(cells)[0], tolerance)


def test_costly_metrics_are_those_of_a_cpu() -> None:
    names = ["nuclear_norm", "rank", "effective_rank", "gradient_norm", "gradient_angle"]
    cells = _cells("pairs", record={"first": 3, "metrics": [*names, "fourier_concentration"]})
    there, _ = run(cells, device=CARD)
    _assert_close(there, run(cells)[0], 1e-8)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name in CASES if "nuclear" not in name])
def test_captured_steps_are_the_steps(name: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = _cells(name, precision=precision)
    captured, _ = run(cells, device=CARD)

    def eager(state: Tensor, body: Callable[[Tensor | None], None]) -> Callable[[Tensor | None], None]:
        return body

    monkeypatch.setattr("core.training.network.stepper.Graphs", eager)
    _assert_close(captured, run(cells, device=CARD)[0], 1e-10 if precision == "float64" else 2e-3)


@pytest.mark.parametrize("name", CASES)
def test_the_same_bits_come_every_time_and_after_a_stop(name: str) -> None:
    record = {"first": 3, "per_decade": None, "every": 20, "refine_crossings": True}
    cells = _cells(name, precision="float32", record=record)
    calm, _ = run(cells, device=CARD)
    again, _ = run(cells, device=CARD)
    stopped = Memory(signal=lambda step: Signal(drain=step >= 20))
    assert run(cells, stopped, pace=Pace(poll=0.0), device=CARD)[1] is Ending.DRAINED
    stopped.signal = lambda step: Signal()
    run(cells, stopped, device=CARD)
    for member, result in calm.results.items():
        assert again.results[member] == result
        assert stopped.results[member] == result
        for metric in calm.frames[0].names:
            assert np.array_equal(stopped.series(metric, member), calm.series(metric, member))


def test_crossings_are_refined_on_a_card_too() -> None:
    record = {"first": 0, "per_decade": None, "every": 30, "refine_crossings": True}
    for name in ("pairs", "momentum"):
        cells = _cells(name, record=record)
        there, here = run(cells, device=CARD)[0], run(cells)[0]
        for member, result in here.results.items():
            assert (there.results[member].t1, there.results[member].t2) == (result.t1, result.t2)
        assert any(result.t1 not in (None, 0, 30, 60) for result in here.results.values())
