"""Runs of the method `convex`, and the gradient methods that approach them."""

from typing import Any

import numpy as np
import pytest

from core.convex import reference, splitting
from core.problems import draw
from core.spec import Cell, expand, parse_spec
from tests.core.training.memory import run

SPARSE = {"kind": "sparse_recovery", "dimension": 40, "measurements": 20, "sparsity": 3}
FOURIER = {**SPARSE, "basis": "fourier"}
COMPLETION = {"kind": "matrix_completion", "rows": 8, "columns": 6, "rank": 1, "measurements": 40}
SENSING = {"kind": "matrix_sensing", "rows": 5, "columns": 7, "rank": 1, "measurements": 30}


def _cells(problem: dict[str, Any], strengths: dict[str, float], optimizer: Any, **over: Any) -> list[Cell]:
    spec = {"problem": problem, "model": {"kind": "linear"}, "regularization": strengths, "steps": 1}
    return expand(parse_spec({**spec, "optimizer": optimizer, **over}))


CASES = [
    (SPARSE, {"l1": 1e-2}, 1.0 / 6),
    (SPARSE, {"l1": 1e-2, "l2_squared": 0.1}, 1.0 / 6),
    (FOURIER, {"l1": 1e-2}, 1.0 / 6),
    (COMPLETION, {"nuclear": 0.1}, 1.0),
    (COMPLETION, {"nuclear": 0.1, "l2_squared": 0.1}, 1.0),
    (COMPLETION, {"l1": 0.1}, 1.0),
    (SENSING, {"nuclear": 0.1}, 0.1),
]


@pytest.mark.parametrize(("problem", "strengths", "rate"), CASES)
def test_the_proximal_method_ends_at_the_convex_solution(
    problem: dict[str, Any], strengths: dict[str, float], rate: float
) -> None:
    exact, _ = run(_cells(problem, strengths, {"kind": "convex"}))
    descent = {"kind": "proximal", "learning_rate": rate}
    near, _ = run(_cells(problem, strengths, descent, steps=20_000, engine="loop"))
    for name in ("train_error", "test_error", "l2_norm"):
        assert near.series(name)[-1] == pytest.approx(exact.series(name)[-1], rel=1e-7), name


def test_a_run_takes_one_step_to_the_minimiser_of_its_own_instance_and_strength() -> None:
    axes = [
        {"path": "/regularization/l1", "values": [0.0, 1e-3, 1e-1]},
        {"path": "/problem/measurements", "values": [10, 20]},
    ]
    cells = _cells(SPARSE, {}, {"kind": "convex"}, steps=500, sweep={"axes": axes, "seeds": {"count": 2}})
    memory, _ = run(cells)
    for member, cell in enumerate(cells):
        it = draw(cell.spec)
        expected = reference(it.operator, it.targets, cell.spec.regularization.l1)
        error = np.linalg.norm(expected - it.truth) / np.linalg.norm(it.truth)
        assert memory.steps(member).tolist() == [0, 1]
        assert memory.series("test_error", member)[-1] == pytest.approx(error, rel=1e-9, abs=1e-12)
        assert memory.series("l1_norm", member)[-1] == pytest.approx(np.abs(expected).sum(), rel=1e-9)


def test_a_recovered_signal_counts_as_generalised() -> None:
    memory, _ = run(_cells(SPARSE, {}, {"kind": "convex"}))
    assert (memory.results[0].outcome, memory.crossings[0]) == ("generalised_at_once", {"t1": 1, "t2": 1})


def test_a_run_without_a_solution_diverges_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = _cells(COMPLETION, {}, {"kind": "convex"}, sweep={"seeds": {"count": 2}})
    found = splitting.minimise

    def fails_once(*args: Any) -> Any:
        monkeypatch.setattr("core.convex.exact.minimise", found)
        raise splitting.NotConverged

    monkeypatch.setattr("core.convex.exact.minimise", fails_once)
    memory, _ = run(cells)
    assert [memory.results[member].outcome for member in (0, 1)] == ["diverged", "generalised_at_once"]
