"""Own data as an instance: the arrays of the spec, some of them set aside to test on."""

import numpy as np
from numpy.typing import NDArray

from core.problems.instance import HeldOut, Instance
from core.problems.operators import Dense
from core.problems.streams import Stream, generator
from core.spec.dataset import Dataset


def load_dataset(problem: Dataset, seed: int) -> Instance:
    """The instance that the arrays of a dataset are; `test_fraction` splits them by the seed."""
    inputs, targets = required(problem, "inputs"), required(problem, "targets")
    held_out = None
    if problem.extents("test_inputs") is not None:
        tests = Dense(required(problem, "test_inputs"))
        held_out = HeldOut(tests, required(problem, "test_targets"))
    elif problem.held_out:
        order = generator(seed, Stream.DATA).permutation(len(inputs))
        tested, trained = np.sort(order[: problem.held_out]), np.sort(order[problem.held_out :])
        held_out = HeldOut(Dense(inputs[tested]), targets[tested])
        inputs, targets = inputs[trained], targets[trained]
    return Instance(Dense(inputs), targets, problem.array("true_parameters"), held_out)


def required(problem: Dataset, name: str) -> NDArray[np.float64]:
    """An array that a checked problem has. Raises ValueError where it has none."""
    found = problem.array(name)
    if found is None:
        raise ValueError(f"the dataset has no {name}")
    return found
