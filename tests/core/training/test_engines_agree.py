"""Any problem, start, rate and strength train alike in every engine that they have, alone and in a batch."""

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.spec import SpecInvalid
from tests.core.spec.drawn_linear import linear_problems, powers_of_ten
from tests.core.training.memory import cells_of, run


@settings(max_examples=60)
@given(
    problem=linear_problems,
    seed=st.integers(0, 10),
    kind=st.sampled_from(["subgradient", "proximal"]),
    init=st.sampled_from(["constant", "normal", "zeros", "least_squares"]),
    rate=powers_of_ten(-2, 0),
    scale=powers_of_ten(-3, 1),
    strength=st.just(0.0) | powers_of_ten(-5, 0),
    # Below 1: that is the error of zeros, which rounding puts on either side.
    train=powers_of_ten(-7, -0.01),
    test=powers_of_ten(-4, -0.01),
)
def test_the_two_engines_agree(
    problem: dict[str, Any],
    seed: int,
    kind: str,
    init: str,
    rate: float,
    scale: float,
    strength: float,
    train: float,
    test: float,
) -> None:
    # A start that is the end leaves nothing but rounding, which an unstable rate makes visible.
    assume(init != "least_squares" or scale != 1.0)
    over: dict[str, Any] = {
        "problem": problem,
        "rng": "default",
        "seed": seed,
        "optimizer": {"kind": kind, "learning_rate": rate},
        "model": {"init": {"kind": init, "scale": scale}},
        "regularization": {"l2_squared": strength},
        "detect": {"train_threshold": train, "test_threshold": test},
        "record": {"first": 20, "per_decade": 10},
        "allow_unstable": True,
        "steps": 1500,
    }
    try:
        cells = [cells_of(**over, engine=engine) for engine in ("closed_form", "loop")]
    except SpecInvalid:
        return
    formula, loop = (run(one)[0] for one in cells)
    found, expected = formula.results[0], loop.results[0]
    assert (found.outcome, found.t1, found.t2) == (expected.outcome, expected.t1, expected.t2)
    assert abs((found.diverged_at or 0) - (expected.diverged_at or 0)) <= 1
    for name in set(formula.frames[0].names) & {"l2_norm", "train_error", "test_error"}:
        values = loop.series(name)
        size = max(np.abs(values).max(), 1.0)
        if size < 1e100:
            assert np.allclose(formula.series(name), values, rtol=1e-8, atol=1e-11 * size)


@settings(max_examples=30)
@given(
    problem=linear_problems,
    seed=st.integers(0, 10),
    init=st.sampled_from(["constant", "normal", "zeros", "least_squares"]),
    rate=powers_of_ten(-2, 0),
    scale=powers_of_ten(-6, 1),
    l1=powers_of_ten(-5, 0),
    l2_squared=st.just(0.0) | powers_of_ten(-5, 0),
    train=powers_of_ten(-5, -0.01),
    tests=st.lists(powers_of_ten(-3, -0.01), min_size=2, max_size=4, unique=True),
)
def test_jumps_and_steps_agree_alone_and_in_a_batch(
    problem: dict[str, Any],
    seed: int,
    init: str,
    rate: float,
    scale: float,
    l1: float,
    l2_squared: float,
    train: float,
    tests: list[float],
) -> None:
    over: dict[str, Any] = {
        "problem": problem,
        "rng": "default",
        "seed": seed,
        "optimizer": {"kind": "proximal", "learning_rate": rate},
        "model": {"init": {"kind": init, "scale": scale}},
        "regularization": {"l1": l1, "l2_squared": l2_squared},
        "detect": {"train_threshold": train},
        "record": {"first": 20, "per_decade": 10},
        "allow_unstable": True,
        "steps": 1500,
        "sweep": {
            "axes": [
                {"path": "/detect/test_threshold", "values": tests},
                {"path": "/regularization/l1", "values": [l1, l1 / 2]},
            ]
        },
    }
    try:
        jump, loop = (cells_of(**over, engine=engine) for engine in ("exact_jump", "loop"))
    except SpecInvalid:
        return
    jumps, together = run(jump)[0], run(loop)[0]
    alone = run(loop[:1])[0]
    assert (together.results[0].t1, together.results[0].t2) == (alone.results[0].t1, alone.results[0].t2)
    for member in range(len(jump)):
        found, expected = jumps.results[member], together.results[member]
        assert (found.outcome, found.t1, found.t2) == (expected.outcome, expected.t1, expected.t2)
        assert abs((found.diverged_at or 0) - (expected.diverged_at or 0)) <= 1
        if expected.outcome == "diverged":
            continue
        for name in set(jumps.frames[0].names) & {"l2_norm", "train_error", "test_error"}:
            values = together.series(name, member)
            size = max(np.abs(values).max(), 1.0)
            assert np.allclose(jumps.series(name, member), values, rtol=1e-10, atol=1e-11 * size)
