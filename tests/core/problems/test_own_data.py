"""Own data: the arrays are taken as they are; a split is drawn by the seed alone."""

from typing import Any

import numpy as np
import pytest

from core.problems import Instance, arrays, draw
from core.spec import ExperimentSpec, canonical, digest, parse_spec
from tests.core.spec.test_parse import BASE

INPUTS = [[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [3.0, 3.0, 3.0], [0.5, 0.0, 0.0], [2.0, 2.0, 1.0]]
TARGETS = [1.0, 2.0, 3.0, 4.0, 5.0]


def _spec(seed: int = 0, **more: Any) -> ExperimentSpec:
    problem = {"kind": "dataset", "inputs": INPUTS, "targets": TARGETS, **more}
    return parse_spec(
        {
            **BASE,
            "optimizer": {"kind": "subgradient", "learning_rate": 0.01},
            "seed": seed,
            "problem": problem,
        }
    )


def _instance(seed: int = 0, **more: Any) -> Instance:
    return draw(_spec(seed, **more))


def test_arrays_are_taken_as_they_are() -> None:
    it = _instance(true_parameters=[1.0, 2.0, 3.0])
    assert it.design.tolist() == INPUTS
    assert it.targets.tolist() == TARGETS
    assert it.truth.tolist() == [1.0, 2.0, 3.0]
    assert it.held_out is None


def test_test_data_are_kept_apart() -> None:
    it = _instance(test_inputs=[[1.0, 1.0, 1.0]], test_targets=[7.0])
    assert it.held_out is not None
    assert it.held_out.operator.design.tolist() == [[1.0, 1.0, 1.0]]
    assert it.held_out.targets.tolist() == [7.0]
    with pytest.raises(ValueError, match="not known"):
        _ = it.truth


@pytest.mark.parametrize("seed", range(5))
def test_a_split_loses_and_repeats_no_row(seed: int) -> None:
    it = _instance(seed, test_fraction=0.4)
    assert it.held_out is not None
    assert (len(it.targets), len(it.held_out.targets)) == (3, 2)
    assert sorted([*it.targets.tolist(), *it.held_out.targets.tolist()]) == TARGETS
    for row, target in zip(it.design.tolist(), it.targets.tolist(), strict=True):
        assert INPUTS[TARGETS.index(target)] == row


def test_the_seed_decides_the_split() -> None:
    splits = {tuple(_instance(seed, test_fraction=0.4).targets) for seed in range(20)}
    assert len(splits) > 3
    assert np.array_equal(_instance(7, test_fraction=0.4).targets, _instance(7, test_fraction=0.4).targets)


def test_other_numbers_are_another_digest() -> None:
    same, other = _spec(), _spec(targets=[1.0, 2.0, 3.0, 4.0, 5.0000001])
    assert digest(same) == digest(_spec())
    assert digest(same) != digest(other)
    assert canonical(same) != canonical(other)


def test_the_file_of_an_instance_has_its_arrays() -> None:
    kept = arrays(_instance(test_fraction=0.4))
    assert kept.keys() == {"targets", "design", "test_inputs", "test_targets"}
    assert kept["design"].shape == (3, 3)
