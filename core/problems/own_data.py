"""Own data as an instance: the arrays of the spec, some of them set aside to test on."""

import numpy as np

from core.problems.instance import HeldOut, Instance
from core.problems.operators import Dense
from core.problems.streams import Stream, generator
from core.spec.dataset import Dataset


def load_dataset(problem: Dataset, seed: int) -> Instance:
    """The instance that the arrays of a dataset are; `test_fraction` splits them by the seed."""
    inputs, targets = np.array(problem.inputs), np.array(problem.targets)
    truth, held_out = None, None
    if problem.true_parameters is not None:
        truth = np.array(problem.true_parameters)
    if problem.test_inputs is not None and problem.test_targets is not None:
        held_out = HeldOut(Dense(np.array(problem.test_inputs)), np.array(problem.test_targets))
    elif problem.held_out:
        order = generator(seed, Stream.DATA).permutation(len(inputs))
        tested, trained = np.sort(order[: problem.held_out]), np.sort(order[problem.held_out :])
        held_out = HeldOut(Dense(inputs[tested]), targets[tested])
        inputs, targets = inputs[trained], targets[trained]
    return Instance(Dense(inputs), targets, truth, held_out)
