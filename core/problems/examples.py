"""Instances of what networks learn: inputs and targets to train and to test on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.problems.activations import activation
from core.problems.operators import Array
from core.spec.network_problem import Activation
from core.spec.network_size import TEACHER_NUMBERS


@dataclass(frozen=True, slots=True)
class Examples:
    """N inputs and their targets.

    Attributes:
        inputs: numbers, of shape (N, d), or the two numbers of pairs, of shape (N, 2), int64.
        targets: classes, of shape (N,), int64, or numbers, of shape (N, C).
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Teacher:
    """f*(x) = V phi(W x).

    Attributes:
        first: W. Shape (h, d).
        second: V. Shape (C, h).
        activation: phi.
    """

    first: Array
    second: Array
    activation: Activation

    def function(self, inputs: Array) -> Array:
        """f* of each row. Shapes (N, d) and (N, C)."""
        return self._in_blocks(inputs, self._function, len(self.first))

    def jacobian(self, inputs: Array) -> Array:
        """J*(x) = V diag(phi'(W x)) W of each row. Shapes (N, d) and (N, C, d)."""
        return self._in_blocks(inputs, self._jacobian, self.second.size)

    def hessian(self, inputs: Array) -> Array:
        """H*(x)_c = W' diag(V_c phi''(W x)) W of each row. Shapes (N, d) and (N, C, d, d)."""
        return self._in_blocks(inputs, self._hessian, self.second.size * self.first.shape[1])

    def _function(self, inputs: Array) -> Array:
        outputs: Array = activation(self.activation, inputs @ self.first.T) @ self.second.T
        return outputs

    def _jacobian(self, inputs: Array) -> Array:
        slopes = activation(self.activation, inputs @ self.first.T, 1)  # (N, h)
        jacobian: Array = (self.second * slopes[:, None, :]) @ self.first
        return jacobian

    def _hessian(self, inputs: Array) -> Array:
        curvatures = activation(self.activation, inputs @ self.first.T, 2)  # (N, h)
        weights = self.second * curvatures[:, None, :]  # (N, C, h)
        hessian: Array = self.first.T @ (weights[..., None] * self.first)
        return hessian

    def _in_blocks(self, inputs: Array, work: Callable[[Array], Array], numbers: int) -> Array:
        """The work on so many rows at once as memory takes, each of which needs so many numbers."""
        rows = max(1, TEACHER_NUMBERS // numbers)
        return np.concatenate([work(inputs[low : low + rows]) for low in range(0, len(inputs), rows)])


@dataclass(frozen=True, slots=True)
class NetworkInstance:
    """What a network is trained and tested on; `teacher` where one made the targets."""

    train: Examples
    test: Examples | None
    teacher: Teacher | None = None


def network_arrays(instance: NetworkInstance) -> dict[str, NDArray[Any]]:
    """The data of an instance by name, to be kept in a file."""
    found = {"train_inputs": instance.train.inputs, "train_targets": instance.train.targets}
    if instance.test is not None:
        found |= {"test_inputs": instance.test.inputs, "test_targets": instance.test.targets}
    if instance.teacher is not None:
        found |= {"teacher.0": instance.teacher.first, "teacher.1": instance.teacher.second}
    return {name: np.ascontiguousarray(array) for name, array in found.items()}
