"""The estimate of what training takes: near what was measured, and growing with every part of the work."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spec import batch_seconds, expand, is_short, parse_spec
from core.spec.cost import batch_size
from core.spec.schedule import count_bound
from core.spec.speed import BatchSize, record_seconds, step_seconds

ONE_RUN = BatchSize(runs=1, designs=1, design_bytes=8 * 3000, flops=4 * 3000, dimension=100, depth=1)
COMPILED = replace(ONE_RUN, compiled=True)


@pytest.mark.parametrize(
    ("size", "measured_a_run"),
    [
        (ONE_RUN, 36e-6),
        (replace(ONE_RUN, runs=256), 0.76e-6),
        (replace(ONE_RUN, runs=43, designs=43), 3.4e-6),
        (replace(ONE_RUN, runs=256, depth=2), 1.8e-6),
        (replace(ONE_RUN, runs=64, flops=400, decomposed=1000), 22e-6),
        (replace(ONE_RUN, runs=64, flops=1600, decomposed=8000), 70e-6),
        (COMPILED, 1.0e-6),
        (replace(COMPILED, runs=256), 0.35e-6),
        (replace(COMPILED, runs=256, design_bytes=8 * 7000, flops=28000), 0.7e-6),
        (replace(COMPILED, runs=256, designs=256), 0.55e-6),
        (replace(COMPILED, runs=256, depth=2), 0.7e-6),
        (replace(COMPILED, runs=64, flops=400, decomposed=1000), 2.1e-6),
        (replace(COMPILED, runs=64, flops=1600, decomposed=8000), 11.3e-6),
    ],
)
def test_it_is_within_a_factor_of_two_of_the_documented_speeds(
    size: BatchSize, measured_a_run: float
) -> None:
    assert 0.5 < step_seconds(size) / size.runs / measured_a_run < 2


sizes = st.builds(
    BatchSize,
    runs=st.integers(1, 256),
    designs=st.integers(1, 256),
    design_bytes=st.integers(1, 10**8),
    flops=st.integers(1, 10**9),
    dimension=st.integers(1, 1000),
    depth=st.integers(1, 5),
    decomposed=st.integers(0, 10**6),
    compiled=st.booleans(),
)


@given(sizes, st.sampled_from(["runs", "designs", "design_bytes", "flops", "dimension", "depth"]))
def test_more_work_takes_longer(size: BatchSize, name: str) -> None:
    more = replace(size, **{name: getattr(size, name) + 1})
    if not size.compiled:
        assert step_seconds(more) > step_seconds(size)
    # Side by side with others of its design a run takes less time.
    elif name != "runs" or size.runs + 1 != 8 * size.designs:
        assert step_seconds(more) >= step_seconds(size) > 0


@given(sizes)
def test_runs_of_a_batch_share_its_dispatch(size: BatchSize) -> None:
    alone = step_seconds(replace(size, runs=1, designs=1))
    assert step_seconds(size) <= size.runs * alone or size.designs > size.runs


def _specs(**over: Any) -> list[Any]:
    spec = {
        "problem": {"kind": "sparse_recovery", "dimension": 50, "sparsity": 3, "measurements": 20},
        "model": {"kind": "linear"},
        "optimizer": {"kind": "subgradient", "learning_rate": 0.01},
        "steps": 1000,
        **over,
    }
    return [cell.spec for cell in expand(parse_spec(spec))]


def test_the_size_of_a_batch_is_read_off_its_specs() -> None:
    axes = [
        {"path": "/regularization/l1", "values": [1e-4, 1e-3, 1e-2]},
        {"path": "/problem/measurements", "values": [10, 25]},
    ]
    specs = _specs(sweep={"axes": axes, "seeds": {"count": 2}}, precision="float32")
    expected = BatchSize(
        runs=12, designs=4, design_bytes=4 * 25 * 50, flops=4 * 25 * 50, dimension=50, depth=1
    )
    assert batch_size(specs) == expected
    records = count_bound(specs[0].record, 1000) * record_seconds(expected)
    assert batch_seconds(specs) == records + 1000 * step_seconds(expected)


def test_jumps_cost_their_events_and_records_alone() -> None:
    over = {
        "optimizer": {"kind": "proximal", "learning_rate": 0.01},
        "regularization": {"l1": 1e-4},
        "record": {"first": 0, "per_decade": 1},
    }
    short, long = (batch_seconds(_specs(**over, steps=steps)) for steps in (10**7, 10**10))
    assert short < long < 1.01 * short
    assert 0.05 < long < 0.5  # 86 jumps in 0.14 s were measured
    several = _specs(**over, steps=10**7, sweep={"seeds": {"count": 10}})
    assert batch_seconds(several) == pytest.approx(10 * short, rel=0.03)
    assert batch_seconds(_specs(**over, steps=10**7, engine="loop")) > 50 * short


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least one run\. Got 0"):
        batch_seconds([])


def test_a_run_that_records_every_step_is_not_short() -> None:
    every = {"record": {"every": 1}, "steps": 200_000}
    assert batch_seconds(_specs(**every)) > 20
    assert not is_short(_specs(**every), 10**6)
    assert is_short(_specs(steps=200_000), 10**6)
