"""The maps of many instances side by side in tensors."""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from core.models import DenseMap, EntriesMap, Map, RankOneMap
from core.problems import Dense, Entries, HeldOut, Instance, RankOne
from core.problems.operators import Numbers
from core.spec import Cell, ExperimentSpec
from core.spec.dataset import Dataset

ToTensor = Callable[[Numbers], Tensor]


def stack(cells: Sequence[Cell], instances: Sequence[Instance | None], runs: int, to: ToTensor) -> Map:
    """The map of a batch with `runs` runs for each of the instances; None stands for one not trained.

    Its size follows from the planned cells, so that it is the same whoever is missing.
    """
    spec = cells[0].spec
    rows = max(cell.spec.linear_problem.measurements for cell in cells)
    match spec.problem.kind:
        case "matrix_completion":
            return _entries(instances, spec, to)
        case "matrix_sensing":
            return _rank_one(instances, spec, rows, runs, to)
        case _:
            return _dense(instances, spec, rows, to)


def stack_tests(cells: Sequence[Cell], tests: Sequence[HeldOut | None], to: ToTensor) -> DenseMap | None:
    """The map of the test data of a batch, None where there are none; its size follows from the cells too."""
    spec = cells[0].spec
    if spec.linear_problem.test != "data":
        return None
    datasets = [p for p in (cell.spec.problem for cell in cells) if isinstance(p, Dataset)]
    rows, width = max(dataset.test_rows for dataset in datasets), spec.linear_problem.shape[0]
    design, targets = _zeros(spec, len(tests), rows, width), _zeros(spec, len(tests), 1, rows)
    for g, test in enumerate(tests):
        if test is not None:
            design[g, : test.operator.rows] = test.operator.design
            targets[g, 0, : test.operator.rows] = test.targets
    return DenseMap(to(design), to(targets))


def _dense(instances: Sequence[Instance | None], spec: ExperimentSpec, rows: int, to: ToTensor) -> DenseMap:
    groups = len(instances)
    design, targets = _zeros(spec, groups, rows, spec.linear_problem.shape[0]), _zeros(spec, groups, 1, rows)
    for g, instance in enumerate(instances):
        if instance is not None and isinstance(instance.operator, Dense):
            design[g, : instance.operator.rows] = instance.operator.design
            targets[g, 0, : instance.operator.rows] = instance.targets
    return DenseMap(to(design), to(targets))


def _entries(instances: Sequence[Instance | None], spec: ExperimentSpec, to: ToTensor) -> EntriesMap:
    size = spec.linear_problem.shape[0] * spec.linear_problem.shape[1]
    mask, targets = np.zeros((len(instances), 1, size)), np.zeros((len(instances), 1, size))
    for g, instance in enumerate(instances):
        if instance is not None and isinstance(instance.operator, Entries):
            mask[g, 0, instance.operator.places] = 1.0
            targets[g, 0, instance.operator.places] = instance.targets
    return EntriesMap(to(mask), to(targets))


def _rank_one(
    instances: Sequence[Instance | None], spec: ExperimentSpec, rows: int, runs: int, to: ToTensor
) -> RankOneMap:
    groups, (n1, n2) = len(instances), spec.linear_problem.shape
    left, right = np.zeros((groups, rows, n1)), np.zeros((groups, rows, n2))
    targets = np.zeros((groups, 1, rows))
    for g, instance in enumerate(instances):
        if instance is not None and isinstance(instance.operator, RankOne):
            left[g, : instance.operator.rows] = instance.operator.left
            right[g, : instance.operator.rows] = instance.operator.right
            targets[g, 0, : instance.operator.rows] = instance.targets
    return RankOneMap(to(left), to(right), to(targets), runs)


def _zeros(spec: ExperimentSpec, *shape: int) -> Numbers:
    return np.zeros(shape, dtype=np.complex128 if spec.linear_problem.complex else np.float64)
