"""Jumps give every state, and every first step, of a plain loop, and take no longer for 10^10 steps."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.problems import draw
from core.spec import Cell, SpecInvalid, engine_of
from core.training import Ending, Pace, Signal
from core.training.linear.jump import engine as jump_engine
from tests.core.spec.drawn_linear import linear_problems, powers_of_ten
from tests.core.training.memory import Memory, cells_of, run
from tests.core.training.oracle import matrix_of, trace
from tests.core.training.test_methods import COMPLETION, SENSING

EPS = float(np.finfo(np.float64).eps)

PROXIMAL = {"kind": "proximal"}
EVERY = {"first": 10**4, "metrics": ["train_error", "test_error", "parameters"]}
TWINS = {
    "kind": "dataset",
    "inputs": [[1, 1, 0, 2, 0], [0, 0, 0, 1, 1], [1, 1, 0, 0, -1]],
    "targets": [1.0, 0.5, -0.25],
    "true_parameters": [0.5, 0.0, 0.0, 0.25, 0.25],
}
"""Two equal columns, one that is zero, and correlations that are equal to the last bit."""

CASES: dict[str, dict[str, Any]] = {
    "a small start": {},
    "a large start": {"model": {"init": {"kind": "constant", "scale": 3.0}}},
    "a start out of all proportion": {"model": {"init": {"kind": "constant", "scale": 1e15}}},
    "from zero": {"model": {"init": {"kind": "zeros"}}},
    "with l2": {"regularization": {"l1": 1e-4, "l2_squared": 1e-2}},
    "a strong penalty": {"regularization": {"l1": 0.03}},
    "a penalty that keeps zero": {"regularization": {"l1": 10.0}, "model": {"init": {"kind": "zeros"}}},
    "long steps": {"optimizer": {**PROXIMAL, "learning_rate": 0.27}},
    "more rows than columns": {"problem": {"measurements": 130, "snr": 10.0}},
    "as many rows as columns": {"problem": {"dimension": 20, "sparsity": 3, "measurements": 20}},
    "least squares": {"model": {"init": {"kind": "least_squares"}}},
    "a single row": {"problem": {"dimension": 8, "measurements": 1, "sparsity": 2}},
    "completion": {"problem": COMPLETION, "regularization": {"l1": 1e-2}},
    "sensing": {"problem": SENSING, "optimizer": {**PROXIMAL, "learning_rate": 0.02}},
    "twins": {"problem": TWINS, "regularization": {"l1": 0.01}},
    "twins from zero": {
        "problem": TWINS,
        "regularization": {"l1": 0.125},
        "model": {"init": {"kind": "zeros"}},
    },
    # 1.25 = |x_0'y|: the start lies on the threshold.
    "on the threshold": {
        "problem": {**TWINS, "targets": [1.0, 0.5, 0.25]},
        "regularization": {"l1": 1.25},
        "model": {"init": {"kind": "zeros"}},
    },
}


def cell_of(**over: Any) -> Cell:
    spec = {"rng": "default", "optimizer": PROXIMAL, "regularization": {"l1": 1e-4}, "engine": "exact_jump"}
    (cell,) = cells_of(**{**spec, **over})
    return cell


def assert_is_the_loop(cell: Cell, memory: Memory) -> None:
    """At every step the state is that of a loop, and so are the first steps."""
    expected = trace(cell.spec)
    steps, states = memory.vectors("parameters")
    size = np.maximum.accumulate(
        np.abs(expected.parameters).reshape(len(expected.parameters), -1).max(axis=1)
    )
    size = np.maximum(size, 1.0)[steps]
    gap = np.abs(states - expected.parameters[steps]).reshape(len(steps), -1).max(axis=1)
    # The loop rounds at each step, and where the design does not reach nothing takes that back: in extended
    # precision it ends within 1e-13 of the jumps.
    assert np.all(gap <= np.maximum(1e-12, steps * EPS / 2) * size)
    found = memory.results[0]
    assert found.t1 == expected.first(expected.train, cell.spec.detect.levels[0])
    assert found.t2 == expected.first(expected.test, cell.spec.detect.levels[1])


@pytest.mark.parametrize("name", CASES)
def test_every_state_is_that_of_a_plain_loop(name: str) -> None:
    cell = cell_of(record=EVERY, steps=3000, detect={"test_threshold": 0.5}, **CASES[name])
    assert engine_of(cell.spec) == "exact_jump"
    assert_is_the_loop(cell, run([cell])[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_state_is_that_of_a_plain_loop_for_a_hundred_thousand_steps(name: str) -> None:
    cell = cell_of(record={**EVERY, "first": 100, "every": 50}, steps=100_000, **CASES[name])
    assert_is_the_loop(cell, run([cell])[0])


@settings(max_examples=50)
@given(
    problem=linear_problems | st.just(TWINS),
    seed=st.integers(0, 10),
    init=st.sampled_from(["constant", "normal", "zeros", "least_squares"]),
    rate=powers_of_ten(-2, 0),
    scale=powers_of_ten(-6, 1),
    l1=powers_of_ten(-5, 0),
    l2_squared=st.just(0.0) | powers_of_ten(-5, 0),
    train=powers_of_ten(-5, -0.01),
    test=powers_of_ten(-3, -0.01),
)
@example(
    problem={"kind": "sparse_recovery", "dimension": 5, "sparsity": 1, "measurements": 2, "coherence": 1.0},
    seed=0,
    init="constant",
    rate=1.0,
    scale=1.0,
    l1=1.0,
    l2_squared=0.0,
    train=0.1,
    test=0.1,
)  # which measures nothing but zeros
def test_any_run_that_is_stable_is_that_of_a_plain_loop(
    problem: dict[str, Any],
    seed: int,
    init: str,
    rate: float,
    scale: float,
    l1: float,
    l2_squared: float,
    train: float,
    test: float,
) -> None:
    try:
        cell = cell_of(
            problem=problem,
            seed=seed,
            optimizer={**PROXIMAL, "learning_rate": rate},
            model={"init": {"kind": init, "scale": scale}},
            regularization={"l1": l1, "l2_squared": l2_squared},
            detect={"train_threshold": train, "test_threshold": test},
            record={"first": 1500, "metrics": ["train_error", "parameters"]},
            steps=1500,
        )
    except SpecInvalid:
        return
    memory, _ = run([cell])
    if memory.results[0].outcome != "diverged":
        assert_is_the_loop(cell, memory)


@pytest.mark.parametrize("rate", [0.29, 0.35, 0.5, 1.0])
@pytest.mark.parametrize("on_divergence", [True, False])
def test_a_run_diverges_at_the_step_of_the_loop(rate: float, on_divergence: bool) -> None:
    over: dict[str, Any] = {
        "optimizer": {**PROXIMAL, "learning_rate": rate},
        "rng": "numpy-legacy",
        "allow_unstable": True,
        "stop": {"on_divergence": on_divergence},
        "steps": 30_000,
    }
    jump, loop = (run([cell_of(**over, engine=engine)])[0] for engine in ("exact_jump", "loop"))
    assert jump.results[0].outcome == loop.results[0].outcome == "diverged"
    found, expected = jump.results[0].diverged_at, loop.results[0].diverged_at
    assert found is not None
    # The last factor of 10^154 may fall on either side of a step.
    assert found == pytest.approx(expected, abs=1)
    assert jump.results[0].last_step == (found if on_divergence else 30_000)
    assert np.allclose(jump.series("l2_norm")[:101], loop.series("l2_norm")[:101], rtol=1e-11)


def kkt_gaps(cell: Cell, memory: Memory) -> tuple[float, float]:
    """How far the final state is from the conditions of a minimum, over beta_1: on and off its support."""
    instance, strengths = draw(cell.spec), cell.spec.regularization
    a = memory.vectors("parameters")[1][-1].ravel()
    x = matrix_of(instance)
    gradient = x.T @ (x @ a - instance.targets) + strengths.l2_squared * a
    on = np.abs(gradient + strengths.l1 * np.sign(a))[a != 0].max()
    off = np.abs(gradient)[a == 0].max(initial=0.0) - strengths.l1
    return on / strengths.l1, off / strengths.l1


@pytest.mark.parametrize("steps", [10**8, 10**10, 10**12])
@pytest.mark.parametrize(
    "over",
    [
        {"regularization": {"l1": 1e-6}},
        {"regularization": {"l1": 1e-6, "l2_squared": 1e-7}},
        {"regularization": {"l1": 1e-6}, "problem": {"measurements": 70, "coherence": 0.3, "snr": 1e3}},
        {"regularization": {"l1": 1e-4}, "problem": TWINS},
    ],
)
def test_many_steps_end_in_the_lasso_solution(over: dict[str, Any], steps: int) -> None:
    cell = cell_of(**over, steps=steps, record={"first": 0, "per_decade": 1, "metrics": ["parameters"]})
    memory, _ = run([cell])
    on, off = kkt_gaps(cell, memory)
    assert on < 1e-8
    assert off < 1e-8
    assert memory.results[0].last_step == steps


def test_t2_of_the_golden_instance_is_that_of_the_loop_and_follows_the_law() -> None:
    """Claim C6: t2 is inverse to the strength, here far beyond what a loop takes in a test."""
    times = {}
    for l1 in (1e-5, 1e-6, 1e-8, 1e-10):
        cell = cell_of(rng="numpy-legacy", regularization={"l1": l1}, steps=10**11)
        memory, _ = run([cell])
        times[l1] = memory.results[0].t2
    assert times[1e-5] == 100_345
    assert [t is not None and t * l1 for l1, t in times.items()] == pytest.approx([1.0031] * 4, rel=1e-3)


def test_a_threshold_that_is_the_limit_of_an_error_takes_no_search_of_every_step() -> None:
    over = {"rng": "numpy-legacy", "regularization": {"l1": 1e-6}, "steps": 10**12}
    final = run([cell_of(**over)])[0].results[0].final["test_error"]
    for level, met in ((final * (1 + 1e-9), True), (final, None), (final * (1 - 1e-9), False)):
        found = run([cell_of(**over, detect={"test_threshold": level})])[0].results[0].t2
        assert met is None or met == (found is not None)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("kept", [jump_engine.SEGMENT_BYTES, -1])
def test_a_run_drained_anywhere_goes_on_bit_for_bit(
    seed: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether closed forms are kept or computed anew."""
    sweep = {"axes": [{"path": "/regularization/l1", "values": [1e-4, 1e-3]}], "seeds": {"count": 2}}
    over = {"steps": 200_000, "record": {"first": 10, "every": 997}, "detect": {"test_threshold": 0.7}}
    cells = cells_of(
        rng="default",
        optimizer=PROXIMAL,
        engine="exact_jump",
        sweep=sweep,
        regularization={"l1": 1e-4},
        **over,
    )
    calm, _ = run(cells)
    monkeypatch.setattr(jump_engine, "SEGMENT_BYTES", kept)
    draws = random.Random(seed)
    stops = sorted(round(10 ** draws.uniform(0, 5.2)) for _ in range(8))
    memory = Memory()
    memory.signal = lambda step: Signal(drain=bool(stops) and step >= stops[0])
    while run(cells, memory, pace=Pace(flush=0.0, checkpoint=0.0, poll=0.0))[1] is Ending.DRAINED:
        stops.pop(0)
    assert not stops
    for member in range(len(cells)):
        assert np.array_equal(memory.steps(member), calm.steps(member))
        for metric in ("train_error", "test_error", "gradient_ratio", "l1_norm"):
            assert np.array_equal(memory.series(metric, member), calm.series(metric, member))
        assert memory.results[member] == calm.results[member]
        assert memory.crossings.get(member) == calm.crossings.get(member)


def test_a_run_of_the_loop_is_taken_up_by_jumps() -> None:
    over = {"rng": "numpy-legacy", "record": {"per_decade": 20}}
    memory, stops = Memory(), [5000]
    memory.signal = lambda step: Signal(drain=bool(stops) and step >= stops[0])
    run([cell_of(**over, steps=20_000, engine="loop")], memory, pace=Pace(poll=0.0))
    stops.clear()
    run([cell_of(**over, steps=20_000)], memory)
    calm, _ = run([cell_of(**over, steps=20_000)])
    assert np.array_equal(memory.steps(), calm.steps())
    assert memory.series("test_error") == pytest.approx(calm.series("test_error"), rel=1e-11)
    assert memory.crossings == calm.crossings


def test_what_is_recorded_changes_no_bit() -> None:
    records: list[dict[str, Any]] = [{"first": 0, "per_decade": 1}, {"first": 300, "every": 1000}]
    few, many = (run([cell_of(steps=100_000, record=record)])[0] for record in records)
    assert few.at("train_error", 10_000) == many.at("train_error", 10_000)
    assert few.results[0].final == many.results[0].final


def test_a_run_alone_is_the_run_in_a_batch() -> None:
    axes = [
        {"path": "/regularization/l1", "values": [1e-5, 1e-4, 1e-3]},
        {"path": "/problem/measurements", "values": [20, 40]},
    ]
    cells = cells_of(
        rng="default",
        optimizer=PROXIMAL,
        engine="exact_jump",
        steps=50_000,
        sweep={"axes": axes, "seeds": {"count": 2}},
        record={"metrics": ["parameters"]},
    )
    together, _ = run(cells)
    some, _ = run(cells, active=[1, 7, 10])
    for member in (1, 7, 10):
        alone, _ = run([cells[member]])
        states = together.vectors("parameters", member)[1]
        assert np.array_equal(states, some.vectors("parameters", member)[1])
        assert np.array_equal(states, alone.vectors("parameters")[1])
        assert together.results[member].t2 == alone.results[0].t2


def test_a_long_walk_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jump_engine, "ATTEND_SECONDS", 0.0)
    polls: list[int] = []

    def signal(step: int) -> Signal:
        polls.append(step)
        return Signal(drain=len(polls) > 40)

    cell = cell_of(steps=10**9, record={"first": 0, "per_decade": None})
    memory, ending = run([cell], Memory(signal=signal))
    assert ending is Ending.DRAINED
    assert len(polls) == 41
    assert not memory.results
