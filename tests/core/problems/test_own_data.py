"""Own data: the arrays are taken as they are; a split is drawn by the seed alone."""

from typing import Any

import numpy as np
import pytest

from core.problems import Instance, arrays, check_stability, draw
from core.problems.spectrum import own_sigma_max
from core.problems.stability import MAX_OWN_WORK
from core.spec import (
    ExperimentSpec,
    Labels,
    SpecInvalid,
    Uploaded,
    canonical,
    digest,
    expand,
    named_datasets,
    parse_spec,
)
from core.spec.dataset import Dataset
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


ID = "ds_" + "0" * 26


def _uploaded(content: str = "a", **arrays: Any) -> Uploaded:
    kept = {name: np.array(array) for name, array in arrays.items()}
    shapes = {name: array.shape for name, array in kept.items()}
    return Uploaded(content, shapes, {"targets": Labels(5.0, None)}, lambda: kept)


def _named(uploaded: Uploaded, **more: Any) -> ExperimentSpec:
    problem = {"kind": "dataset", "dataset": ID, **more}
    method = {"kind": "subgradient", "learning_rate": 0.01}
    return parse_spec({**BASE, "optimizer": method, "problem": problem}, {ID: uploaded})


def test_uploaded_arrays_are_those_of_the_same_given_inline() -> None:
    named, given = (
        _named(_uploaded(inputs=INPUTS, targets=TARGETS), test_fraction=0.4),
        _spec(test_fraction=0.4),
    )
    mine, theirs = draw(named), draw(given)
    assert mine.design.tolist() == theirs.design.tolist()
    assert mine.targets.tolist() == theirs.targets.tolist()
    assert mine.held_out is not None
    assert theirs.held_out is not None
    assert mine.held_out.targets.tolist() == theirs.held_out.targets.tolist()
    assert isinstance(named.problem, Dataset)
    assert isinstance(given.problem, Dataset)
    assert (named.problem.shape, named.problem.rows) == (given.problem.shape, given.problem.rows)


def test_the_content_makes_the_digest_and_the_id_does_not() -> None:
    arrays = {"inputs": INPUTS, "targets": TARGETS}
    first = digest(_named(_uploaded("a", **arrays)))
    assert digest(_named(_uploaded("a", **arrays))) == first
    assert digest(_named(_uploaded("b", **arrays))) != first
    assert digest(_named(_uploaded("a", **arrays), test_fraction=0.4)) != first


def test_datasets_are_named_in_problems_and_sweeps() -> None:
    other = "ds_" + "1" * 26
    values = [other, {"kind": "dataset", "dataset": ID}, "text", 1]
    spec = {
        "problem": {"kind": "dataset", "dataset": ID},
        "sweep": {"axes": [{"path": "/problem", "values": values}]},
    }
    assert sorted(named_datasets(spec)) == [ID, other]
    odd: Any
    for odd in (None, [], {"problem": ID}, {"problem": {"dataset": [1]}}, {"sweep": 3}, ID):
        assert named_datasets(odd) == []


def test_an_unstable_rate_is_found_for_large_data_too() -> None:
    inputs = np.random.default_rng(0).normal(size=(1500, 900))
    uploaded = _uploaded(inputs=inputs, targets=np.zeros(1500))
    spec = _named(uploaded)
    assert isinstance(spec.problem, Dataset)
    found, exact = own_sigma_max(spec.problem, 0), float(np.linalg.norm(inputs, 2))
    assert 0.95 * exact < found <= exact * (1 + 1e-12)
    with pytest.raises(SpecInvalid, match="sigma_max"):
        check_stability(spec, expand(spec))


def test_data_that_would_take_too_long_are_let_through() -> None:
    rows = int(MAX_OWN_WORK)
    spec = _named(
        Uploaded("a", {"inputs": (rows, 10), "targets": (rows,)}, {"targets": Labels(5.0, None)}, dict)
    )
    check_stability(spec, expand(spec))


def test_of_zeros_nothing_is_unstable() -> None:
    problem = _named(_uploaded(inputs=np.zeros((900, 800)), targets=np.ones(900))).problem
    assert isinstance(problem, Dataset)
    assert own_sigma_max(problem, 0) == 0.0
