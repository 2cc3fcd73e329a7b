"""t1, t2 and divergence of networks: the first evaluations that show them, or refined to the step."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from core.spec import Cell, Outcome, layers_of
from core.training import Ending, Pace, Result, Signal
from tests.core.networks import DIGITS, MODULAR, TEACHER, network_cells
from tests.core.training.memory import Memory, run

STEPS = 160
SPARSE = {"first": 2, "per_decade": None, "every": 40}
EVALUATED = (0, 1, 2, 40, 80, 120, 160)
METRICS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def _accuracies(*levels: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"metric": "accuracy", "train_threshold": a, "test_threshold": b} for a, b in levels]


def _losses(*levels: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"metric": "loss", "train_threshold": a, "test_threshold": b} for a, b in levels]


CASES: dict[str, dict[str, Any]] = {
    "accuracies of pairs": {
        "base": MODULAR,
        "detect": _accuracies((0.42, 0.1), (0.7, 0.12), (0.9, 0.14), (0.95, 0.16)),
    },
    "losses of pairs": {
        "base": MODULAR,
        "detect": _losses((2.0, 2.3), (1.0, 2.38), (0.5, 2.35), (1e-3, 1.0)),
    },
    "losses of a student": {
        "base": TEACHER,
        "detect": _losses((1.2, 1.1), (1.3, 0.3), (0.1, 0.25), (0.2, 0.28)),
    },
    "accuracies of digits": {
        "base": DIGITS,
        "optimizer": {"batch_size": 64},
        "detect": _accuracies((0.12, 0.1), (0.14, 0.12), (0.3, 0.25), (0.4, 0.99)),
    },
}


def _cells(case: dict[str, Any], **over: Any) -> list[Cell]:
    case = {"steps": STEPS, "regularization": {"l2": 1e-4}, **case, **over}
    axes = [{"path": "/detect", "values": case.pop("detect")}]
    return network_cells(case.pop("base"), **case, sweep={"axes": axes, "seeds": {"count": 2}})


def _dense(case: dict[str, Any], **over: Any) -> Memory:
    """The same runs, recorded at every step with their parameters."""
    names = [m for m in METRICS if "accuracy" not in m or case["base"] is not TEACHER]
    record = {"first": STEPS, "metrics": [*names, "parameters"]}
    return run(_cells(case, record=record, **over))[0]


def _holds(memory: Memory, cell: Cell, member: int) -> NDArray[np.bool_]:
    """At which steps the train and the test metric meet their thresholds. Shape (2, T + 1)."""
    detect = cell.spec.detect
    found = []
    for part, level in zip(("train", "test"), detect.levels, strict=True):
        values = memory.series(f"{part}_{detect.metric}", member)
        found.append(values >= level if detect.metric == "accuracy" else values <= level)
    return np.array(found)


def _first(holds: NDArray[np.bool_], evaluated: Sequence[int], refined: bool) -> int | None:
    """The first evaluation at which it holds; refined, the first such step since the one before."""
    for place, step in enumerate(evaluated):
        if holds[step]:
            begin = evaluated[place - 1] + 1 if refined and place else step
            return next(s for s in range(begin, step + 1) if holds[s])
    return None


def _layers(cell: Cell, data: bytes) -> tuple[int, NDArray[Any]]:
    """Step and parameters of a file."""
    arrays = load(data)
    parts = [arrays[layer.name] for layer in layers_of(cell.spec)]
    assert [part.shape for part in parts] == [layer.shape for layer in layers_of(cell.spec)]
    assert len(arrays) == len(parts) + 1
    return int(arrays["step"][0]), np.concatenate([part.ravel() for part in parts])


def _assert_files(cell: Cell, result: Result, dense: Memory, member: int) -> None:
    """Every file holds exactly the parameters of its step."""
    _, parameters = dense.vectors("parameters", member)
    for data in result.artifacts.values():
        step, found = _layers(cell, data)
        assert found.dtype == np.dtype(cell.spec.precision)
        assert np.array_equal(found, parameters[step])


def _crossed(cells: Sequence[Cell], dense: Memory, refined: bool) -> set[int]:
    """All steps of t1 and t2, which are those that the dense series show."""
    memory, _ = run(cells)
    found = set()
    for member, cell in enumerate(cells):
        holds, result = _holds(dense, cell, member), memory.results[member]
        expected = [_first(row, EVALUATED, refined) for row in holds]
        assert [result.t1, result.t2] == expected
        crossings = {
            label: step for label, step in zip(("t1", "t2"), expected, strict=True) if step is not None
        }
        assert memory.crossings.get(member, {}) == crossings
        files = {label: f"parameters.{label}.safetensors" for label in crossings}
        assert set(result.artifacts) == {*files.values(), "parameters.safetensors"}
        for label, name in files.items():
            assert _layers(cell, result.artifacts[name])[0] == crossings[label]
        _assert_files(cell, result, dense, member)
        found |= set(crossings.values())
    return found


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_t1_and_t2_are_the_first_that_meet_the_thresholds(name: str, precision: str) -> None:
    case = {**CASES[name], "precision": precision}
    dense = _dense(case)
    assert _crossed(_cells(case, record=SPARSE), dense, False) <= set(EVALUATED)
    refined = _crossed(_cells(case, record={**SPARSE, "refine_crossings": True}), dense, True)
    # Several of the batch lie between the same two evaluations.
    assert len([step for step in refined if 2 < step < 40]) >= 2


@pytest.mark.parametrize("name", CASES)
def test_looking_back_disturbs_nothing(name: str) -> None:
    plain, _ = run(_cells(CASES[name], record=SPARSE))
    refined, _ = run(_cells(CASES[name], record={**SPARSE, "refine_crossings": True}))
    for member, result in plain.results.items():
        for metric in plain.frames[0].names:
            assert np.array_equal(plain.series(metric, member), refined.series(metric, member))
        last = "parameters.safetensors"
        assert result.artifacts[last] == refined.results[member].artifacts[last]


def test_a_threshold_that_the_start_meets_is_met_at_once() -> None:
    case = {"base": TEACHER, "detect": _losses((1e6, 1e6))}
    for refined in (False, True):
        memory, _ = run(_cells(case, steps=5, record={**SPARSE, "refine_crossings": refined}))
        assert (memory.results[0].t1, memory.results[0].t2) == (0, 0)
        assert memory.results[0].outcome is Outcome.GENERALISED_AT_ONCE


@pytest.mark.parametrize("refined", [False, True])
@pytest.mark.parametrize("factor", [1.0, 1.2, 3.0])
def test_a_run_that_has_generalised_stops_and_keeps_that_step(factor: float, refined: bool) -> None:
    case = CASES["accuracies of pairs"]
    dense = _dense(case)
    record = {"first": 2, "per_decade": None, "every": 10, "refine_crossings": refined}
    stop = {"when_generalised": True, "patience_factor": factor}
    cells = _cells(case, record=record, stop=stop)
    memory, _ = run(cells)
    ends = set()
    for member, cell in enumerate(cells):
        result = memory.results[member]
        end = STEPS
        if result.t2 is not None:
            schedule = [0, 1, 2, *range(10, STEPS + 1, 10)]
            end = next((s for s in schedule if s >= math.ceil(factor * result.t2)), STEPS)
        assert result.last_step == memory.steps(member)[-1] == end
        assert _layers(cell, result.artifacts["parameters.safetensors"])[0] == end
        _assert_files(cell, result, dense, member)
        assert result.final["test_accuracy"] == dense.at("test_accuracy", end, member)
        ends.add(end)
    assert len(ends) > 1


def test_what_crosses_after_the_end_of_a_run_does_not_count() -> None:
    """t1 of a run that had generalised and stopped before."""
    case = {"base": MODULAR, "detect": _accuracies((0.4, 0.1), (1.0, 0.01))}
    cells = _cells(case, record=SPARSE, stop={"when_generalised": True, "patience_factor": 1.0})
    memory, _ = run(cells)
    result = memory.results[2]
    assert (result.t1, result.t2, result.last_step) == (None, 0, 0)
    assert set(result.artifacts) == {"parameters.t2.safetensors", "parameters.safetensors"}


def _diverging(**over: Any) -> list[Cell]:
    """The second of two runs has a learning rate that no network stands."""
    problem = {"activation": "quadratic"}
    model = {"activation": "quadratic"}
    axes = [{"path": "/optimizer/learning_rate", "values": [1e-4, 0.5]}]
    sgd = {"kind": "sgd", "learning_rate": 1e-4}
    return network_cells(
        TEACHER, problem=problem, model=model, optimizer=sgd, sweep={"axes": axes}, steps=60, **over
    )


def _first_bad() -> int:
    dense, _ = run(_diverging(record={"first": 60}, stop={"on_divergence": False}))
    return int(np.flatnonzero(~np.isfinite(dense.series("train_loss", 1)))[0])


@pytest.mark.parametrize("refined", [False, True])
def test_a_run_whose_loss_is_no_number_has_diverged_and_keeps_its_series(refined: bool) -> None:
    bad = _first_bad()
    assert bad > 2
    record = {"first": 2, "per_decade": None, "every": 20, "refine_crossings": refined}
    cells = _diverging(record=record)
    memory, _ = run(cells)
    fine, result = memory.results[0], memory.results[1]
    assert fine.outcome is Outcome.NEVER_MEMORISED
    assert memory.steps(0)[-1] == fine.last_step == 60
    assert np.isfinite(memory.series("train_loss", 0)).all()
    at = bad if refined else next(step for step in (20, 40, 60) if step >= bad)
    assert result.outcome is Outcome.DIVERGED
    assert result.diverged_at == result.last_step == at
    assert memory.crossings[1] == {"diverged_at": at}
    kept = [step for step in (0, 1, 2, 20, 40, 60) if step <= at]
    assert memory.steps(1).tolist() == kept
    assert np.isfinite(memory.series("train_loss", 1)[:3]).all()
    step, parameters = _layers(cells[1], result.artifacts["parameters.safetensors"])
    assert step == at
    assert not np.abs(parameters).max() < 1e3
    if not refined:
        assert not math.isfinite(result.final["train_loss"])


def test_divergence_need_not_stop_a_run() -> None:
    memory, _ = run(_diverging(stop={"on_divergence": False}))
    result = memory.results[1]
    assert result.outcome is Outcome.DIVERGED
    assert result.diverged_at is not None
    assert memory.steps(1)[-1] == result.last_step == 60
    assert _layers(_diverging()[1], result.artifacts["parameters.safetensors"])[0] == 60


def test_parameters_are_kept_at_the_first_evaluation_after_each_power_of_two() -> None:
    case = CASES["losses of a student"]
    dense = _dense(case)
    record = {"first": 3, "per_decade": None, "every": 30, "checkpoints": "powers_of_two"}
    cells = _cells(case, record=record)
    memory, _ = run(cells)
    for member, cell in enumerate(cells):
        artifacts = memory.results[member].artifacts
        # 4 to 16 and 32 have no evaluation before 30 and 60, 128 none before 150.
        powers = {f"parameters.step-{step}.safetensors" for step in (1, 2, 30, 60, 90, 150)}
        assert {name for name in artifacts if "step" in name} == powers
        for name in powers:
            assert f"step-{_layers(cell, artifacts[name])[0]}." in name
        _assert_files(cell, memory.results[member], dense, member)


def test_the_loop_looks_up_often_however_small_a_network_is() -> None:
    tiny = {"dimension": 2, "hidden": 2, "outputs": 1, "train_size": 4, "test_size": 4}
    seen: list[int] = []

    def listen(step: int) -> Signal:
        seen.append(step)
        return Signal()

    record = {"per_decade": None, "first": 0}
    cells = network_cells(TEACHER, problem=tiny, model={"hidden": [2]}, record=record, steps=6000)
    run(cells, Memory(signal=listen), pace=Pace(poll=0.0))
    assert max(np.diff(seen)) <= 1000


def test_accuracies_are_counts_over_rows() -> None:
    """So that all of a large set are 1, not a rounding error less."""
    spec = {"problem": {"modulus": 31, "train_fraction": 0.4}, "steps": 30}
    memory, _ = run(network_cells(MODULAR, **spec))
    for name, rows in (("train_accuracy", 384), ("test_accuracy", 577)):
        values = memory.series(name)
        assert len(set(values)) > 3
        assert (np.rint(values * rows) / rows == values).all()


def test_a_divergence_after_a_resume_has_the_final_metrics_of_the_last_record() -> None:
    """Handed over before the checkpoint, they are not recorded again before the end."""
    record = {"first": 2, "per_decade": None, "every": 40, "refine_crossings": True}
    cells = _diverging(record=record)
    calm, _ = run(cells)
    memory = Memory(signal=lambda step: Signal(drain=step >= 2))
    assert run(cells, memory, pace=Pace(flush=0.0, checkpoint=0.0, poll=0.0))[1] is Ending.DRAINED
    memory.signal = lambda step: Signal()
    run(cells, memory, range(len(cells)))
    assert memory.results[1].diverged_at is not None
    assert memory.results[1].final == calm.results[1].final != {}
