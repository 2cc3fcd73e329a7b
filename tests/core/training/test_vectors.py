"""Vector series, their own schedule, and what is kept of a run that ended."""

from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from core.spec import parameter_steps, recorded_steps
from core.training import Pace
from tests.core.training.memory import cells_of, run
from tests.core.training.oracle import trace
from tests.core.training.test_methods import COMPLETION, SENSING

NOISE: dict[str, Any] = {"init": {"kind": "normal"}}


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"problem": {"basis": "fourier"}, "model": NOISE, "rng": "default"},
        {"problem": SENSING, "regularization": {"l2_squared": 1e-3}},
        {"problem": SENSING, "regularization": {"l2_squared": 1e-3}, "engine": "loop"},
        {"model": {"depth": 3, "init": {"kind": "constant", "scale": 0.3}}},
    ],
)
def test_iterates_have_a_schedule_of_their_own(over: dict[str, Any]) -> None:
    record = {"first": 3, "per_decade": 2, "parameters_per_decade": 7}
    cells = cells_of(**over, steps=500, record=record)
    memory, _ = run(cells, pace=Pace(flush=0.0, poll=0.0))
    spec, expected = cells[0].spec, trace(cells[0].spec).parameters
    names = ("parameters.re", "parameters.im") if spec.linear_problem.complex else ("parameters",)
    for name, part in zip(names, (np.real(expected), np.imag(expected)), strict=False):
        steps, values = memory.vectors(name)
        assert steps.tolist() == parameter_steps(spec.record, 500).tolist()
        assert values.shape == (len(steps), *spec.linear_problem.shape)
        assert values == pytest.approx(part[steps], rel=1e-7, abs=1e-9)
    assert memory.steps().tolist() == recorded_steps(spec.record, 500).tolist()
    assert set(steps) - set(memory.steps())


def test_singular_values_are_recorded_with_the_scalars() -> None:
    record = {"first": 20, "metrics": ["train_error", "singular_values"]}
    cells = cells_of(problem=SENSING, steps=300, record=record, sweep={"seeds": {"count": 2}})
    memory, _ = run(cells)
    for member, cell in enumerate(cells):
        steps, values = memory.vectors("singular_values", member)
        assert np.array_equal(steps, memory.steps(member))
        expected = np.linalg.svd(trace(cell.spec).parameters[steps], compute_uv=False)
        assert values == pytest.approx(expected, rel=1e-8, abs=1e-12)


def test_the_rows_of_a_run_end_with_it() -> None:
    record = {"first": 0, "per_decade": 20, "parameters_per_decade": 20}
    axes = [{"path": "/regularization/l1", "values": [1e-3, 1e-5]}]
    cells = cells_of(
        sweep={"axes": axes},
        detect={"train_threshold": 0.1, "test_threshold": 0.1},
        stop={"when_generalised": True},
        steps=4000,
        record=record,
    )
    memory, _ = run(cells)
    last = memory.results[0].last_step
    assert last < 4000 == memory.results[1].last_step
    assert memory.vectors("parameters", 0)[0][-1] <= last
    assert memory.vectors("parameters", 1)[0][-1] == 4000


@pytest.mark.parametrize(
    ("over", "names"),
    [
        ({}, {"parameters"}),
        ({"problem": COMPLETION, "regularization": {}, "engine": "closed_form"}, {"parameters"}),
        (
            {"problem": COMPLETION, "model": {"depth": 2, "init": {"kind": "constant", "scale": 0.5}}},
            {"parameters", "factors.0", "factors.1"},
        ),
        (
            {"problem": {"basis": "fourier"}, "model": NOISE, "rng": "default"},
            {"parameters.re", "parameters.im"},
        ),
    ],
)
def test_a_run_that_ends_leaves_what_it_has_learned(over: dict[str, Any], names: set[str]) -> None:
    cells = cells_of(**{"optimizer": {"learning_rate": 0.01}, **over, "steps": 200})
    memory, _ = run(cells)
    kept = load(memory.results[0].artifacts["parameters.safetensors"])
    expected = trace(cells[0].spec)
    assert kept.keys() == names | {"step"}
    assert kept["step"].tolist() == [200]
    learned = (
        kept["parameters"] if "parameters" in kept else kept["parameters.re"] + 1j * kept["parameters.im"]
    )
    assert learned == pytest.approx(expected.parameters[200], rel=1e-7, abs=1e-10)
    for i, factor in enumerate(expected.factors[200] if "factors.0" in names else []):
        assert kept[f"factors.{i}"] == pytest.approx(factor, rel=1e-7, abs=1e-10)
