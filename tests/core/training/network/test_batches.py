"""A network is the same alone, in a batch, and stopped and taken up again."""

import random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from core.spec import Cell, plan
from core.training import Pace, Signal
from tests.core.networks import DIGITS, MODULAR, TEACHER, network_cells
from tests.core.training.memory import NAGGING, Memory, interrupted, lasts, run

# Rates at which a change of the start by 1e-16 stays below 1e-11: training may be chaotic, and a batch may
# round products otherwise than a run alone does.
BASES: dict[str, dict[str, Any]] = {
    "pairs": {"base": MODULAR, "problem": {"modulus": 13}},
    "pairs, shared embedding": {
        "base": MODULAR,
        "problem": {"modulus": 11, "operation": "/"},
        "model": {"combine": "hadamard", "shared_embedding": True, "bias": True},
    },
    "pairs, minibatches": {
        "base": MODULAR,
        "problem": {"modulus": 23},
        "model": {"embedding": 16, "combine": "concat"},
        "optimizer": {"kind": "sgd", "learning_rate": 1e-2, "momentum": 0.9, "batch_size": 100},
        "rates": [0.05, 0.1],
    },
    "teacher": {"base": TEACHER},
    "digits": {
        "base": DIGITS,
        "optimizer": {"batch_size": 50},
        "model": {"hidden": [8, 8], "activation": "tanh"},
    },
}


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the loop look up after every step, not at evaluations alone."""
    monkeypatch.setattr("core.training.network.program.GAP_WORK", 1.0)


def _grid(penalty: str, **over: Any) -> list[Cell]:
    """Four runs that differ in strength, learning rate and seed."""
    axes = [
        {"path": f"/regularization/{penalty}", "values": [1e-5, 1e-4 if penalty == "nuclear" else 1e-3]},
        {"path": "/optimizer/learning_rate", "values": over.pop("rates", [1e-3, 3e-3])},
    ]
    sweep = {"axes": axes, "seeds": {"count": 2}}
    cells = network_cells(over.pop("base"), **over, regularization={penalty: 1.0}, sweep=sweep)
    chosen = [cells[place] for place in (0, 3, 5, 6)]
    assert len(plan(chosen)) == 1
    return chosen


def _parameters(memory: Memory, member: int) -> NDArray[Any]:
    arrays = load(memory.results[member].artifacts["parameters.safetensors"])
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)])


def _assert_close(a: Memory, b: Memory, member: int, tolerance: float) -> None:
    """Member `member` of a batch against the only one of another."""
    assert np.array_equal(a.steps(member), b.steps(0))
    for name in a.frames[0].names:
        assert a.series(name, member) == pytest.approx(b.series(name), rel=tolerance, abs=tolerance)
    ours, alone = _parameters(a, member), _parameters(b, 0)
    assert ours == pytest.approx(alone, rel=tolerance, abs=tolerance * np.abs(alone).max())
    assert a.crossings.get(member) == b.crossings.get(0)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize(
    ("penalty", "steps", "tolerance"), [("l1", 500, 1e-10), ("l2", 500, 1e-10), ("nuclear", 200, 1e-9)]
)
@pytest.mark.parametrize("name", BASES)
def test_a_run_is_the_same_alone_in_a_batch_and_resumed(
    name: str, penalty: str, steps: int, tolerance: float
) -> None:
    cells = _grid(penalty, **BASES[name], steps=steps, record={"first": 20, "per_decade": None, "every": 25})
    together, _ = run(cells)
    alone, _ = run([cells[1]])
    _assert_close(together, alone, 1, tolerance)
    _assert_close(together, interrupted([cells[2]], [7, steps // 2 + 3], Pace(poll=0.0)), 2, tolerance)


RESUMED: dict[str, dict[str, Any]] = {
    "float64": {"base": MODULAR},
    "float32": {"base": MODULAR, "precision": "float32"},
    "minibatches": {"base": MODULAR, "optimizer": {"batch_size": 17}, "precision": "float32"},
    "momentum": {
        "base": TEACHER,
        "optimizer": {"kind": "sgd", "learning_rate": 1e-2, "momentum": 0.9, "nesterov": True},
    },
    "plain steps": {"base": TEACHER, "optimizer": {"kind": "sgd", "learning_rate": 0.05}},
    "a schedule": {
        "base": TEACHER,
        "optimizer": {"schedule": {"kind": "cosine", "warmup_steps": 30}},
        "precision": "float32",
    },
    "nuclear": {"base": TEACHER, "regularization": {"nuclear": 1e-3}, "precision": "float32"},
    "sobolev": {
        "base": TEACHER,
        "regularization": {"sobolev_1": 0.05, "sobolev_2": 0.01},
        "optimizer": {"batch_size": 5},
    },
    "refined": {"base": MODULAR, "record": {"first": 3, "every": 30, "refine_crossings": True}},
    "refined minibatches": {
        "base": DIGITS,
        "optimizer": {"batch_size": 64},
        "record": {"first": 3, "per_decade": None, "every": 13, "refine_crossings": True},
        "precision": "float32",
    },
    "powers of two": {
        "base": MODULAR,
        "record": {"first": 3, "per_decade": None, "every": 30, "checkpoints": "powers_of_two"},
    },
    "early stops": {
        "base": MODULAR,
        "record": {"first": 3, "every": 10, "refine_crossings": True},
        "stop": {"when_generalised": True},
    },
}
LEVELS = {"modular_arithmetic": [(0.3, 0.1), (0.9, 0.15)], "dataset": [(0.4, 0.5), (0.7, 0.3)]}
LOSSES = [(5.0, 4.0), (1.0, 2.0)]


def _resumed_cells(over: dict[str, Any]) -> list[Cell]:
    kind = over["base"]["problem"]["kind"]
    levels = [{"train_threshold": a, "test_threshold": b} for a, b in LEVELS.get(kind, LOSSES)]
    sweep = {"axes": [{"path": "/detect", "values": levels}], "seeds": {"count": 2}}
    defaults = {"steps": 150, "record": {"first": 10, "every": 40}, "regularization": {"l1": 1e-4}}
    over = {**defaults, **over, "sweep": sweep}
    return network_cells(over.pop("base"), **over)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("name", RESUMED)
def test_a_batch_drained_at_any_step_goes_on_bit_for_bit(name: str) -> None:
    cells = _resumed_cells(RESUMED[name])
    calm, _ = run(cells)
    last = max(result.last_step for result in calm.results.values())
    # Powers of two between evaluations are where a checkpoint knows more than the last evaluation did.
    stops = {*random.Random(name).sample(range(1, last), 4), *(p for p in (70,) if p < last)}
    memory = interrupted(cells, sorted(stops))
    assert any(result.t1 is not None for result in calm.results.values())
    assert any(result.t2 is not None for result in calm.results.values())
    for member in range(len(cells)):
        assert np.array_equal(memory.steps(member), calm.steps(member))
        for metric in calm.frames[0].names:
            assert np.array_equal(memory.series(metric, member), calm.series(metric, member))
        assert memory.results[member] == calm.results[member]
        assert memory.crossings.get(member) == calm.crossings.get(member)


def test_missing_members_change_no_bit_of_the_others() -> None:
    cells = _grid("nuclear", **BASES["pairs"], steps=100)
    whole, _ = run(cells)
    part, _ = run(cells, active=[1, 3], ended=lasts(whole))
    assert set(part.results) == {1, 3}
    for member in (1, 3):
        assert part.results[member] == whole.results[member]
        assert np.array_equal(whole.series("test_loss", member), part.series("test_loss", member))


def test_the_loop_never_says_that_it_has_gone_back(every_step: None) -> None:
    """Not even while it looks for a crossing between two evaluations."""
    seen: list[int] = []

    def listen(step: int) -> Signal:
        seen.append(step)
        return Signal()

    cells = _resumed_cells(RESUMED["refined"])
    memory, _ = run(cells, Memory(signal=listen), pace=NAGGING)
    assert seen == sorted(seen)
    assert any(result.t1 is not None and result.t1 > 3 for result in memory.results.values())
