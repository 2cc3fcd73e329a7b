"""Draws what a network learns, on the host in float64."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from core.problems.examples import Examples, NetworkInstance, Teacher
from core.problems.own_data import required
from core.problems.streams import Stream, generator
from core.spec import ExperimentSpec
from core.spec.dataset import Dataset
from core.spec.network_problem import ModularArithmetic, TeacherStudent
from core.spec.selection import class_counts, table

BRIGHTEST = 16
"""Largest value of a pixel of the digits."""


def draw_network(spec: ExperimentSpec) -> NetworkInstance:
    """The instance of a one-cell spec of a network. Raises TypeError for a linear model."""
    match spec.network_problem:
        case ModularArithmetic() as problem:
            return _modular(problem, spec.seed)
        case TeacherStudent() as problem:
            return _teacher_student(problem, spec.seed)
        case Dataset() as problem:
            return _dataset(problem, spec.seed)


def _modular(problem: ModularArithmetic, seed: int) -> NetworkInstance:
    pairs, results = table(problem.modulus, problem.operation)
    trained = np.zeros(len(pairs), dtype=bool)
    trained[_chosen(problem, seed, results)] = True
    train = Examples(pairs[trained], results[trained])
    return NetworkInstance(train, Examples(pairs[~trained], results[~trained]))


def _chosen(problem: ModularArithmetic, seed: int, results: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the training pairs in the table. Shape (train_rows,)."""
    if problem.split == "published":
        # The first of a permutation from this very generator are tested on.
        return np.random.RandomState(0).permutation(len(results))[problem.test_rows :]
    order = generator(seed, Stream.DATA).permutation(len(results))
    if problem.split == "random":
        return order[: problem.train_rows]
    counts = class_counts(problem)
    return np.concatenate([order[results[order] == c][:count] for c, count in enumerate(counts)])


def _teacher_student(problem: TeacherStudent, seed: int) -> NetworkInstance:
    stream = generator(seed, Stream.DATA)
    scale = 1.0 / problem.hidden if problem.output_scale is None else problem.output_scale
    first = stream.standard_normal((problem.hidden, problem.dimension))
    second = scale * stream.standard_normal((problem.outputs, problem.hidden))
    teacher = Teacher(first, second, problem.activation)
    parts = []
    for rows in (problem.train_size, problem.test_size):
        inputs = stream.standard_normal((rows, problem.dimension))
        parts.append(Examples(inputs, teacher.function(inputs)))
    return NetworkInstance(parts[0], parts[1], teacher)


def _dataset(problem: Dataset, seed: int) -> NetworkInstance:
    whole = _digits() if problem.builtin is not None else _own(problem, "inputs", "targets")
    if problem.extents("test_inputs") is not None:
        return NetworkInstance(whole, _own(problem, "test_inputs", "test_targets"))
    if not problem.held_out:
        return NetworkInstance(whole, None)
    order = generator(seed, Stream.DATA).permutation(problem.rows)
    tested, trained = np.sort(order[: problem.held_out]), np.sort(order[problem.held_out :])
    train, test = (Examples(whole.inputs[place], whole.targets[place]) for place in (trained, tested))
    return NetworkInstance(train, test)


def _own(problem: Dataset, inputs: str, targets: str) -> Examples:
    numbers = required(problem, targets)
    classes = problem.task == "classification"
    return Examples(required(problem, inputs), numbers.astype(np.int64) if classes else numbers[:, None])


@lru_cache(maxsize=1)
def _digits() -> Examples:
    """1,797 handwritten digits, 8 x 8 pixels from 0 to 1 (UCI machine learning repository, test part)."""
    with files("core.problems").joinpath("digits.npz").open("rb") as file, np.load(file) as arrays:
        return Examples(arrays["pixels"] / BRIGHTEST, arrays["labels"].astype(np.int64))
