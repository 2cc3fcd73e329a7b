"""Linear models of a batch, shallow and deep: parameters, residual and gradient, all in place."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from core.models.maps import Map

Shape = tuple[int, ...]


class LinearBatch(ABC):
    """G designs with R runs each.

    The residual X a - y always belongs to the current state: whoever changes it calls `refresh`.

    Attributes:
        state: all factors of each run, one after the other, flat. Shape (G, R, P).
        factors: views of the state. Shapes (G, R, n), or (G, R, rows, columns) for matrices.
        parameters: a, flat. Shape (G, R, n).
        shape: of the parameters of one run, (n,) or (n1, n2).
        residual: X a - y. Shape (G, R, N).
    """

    def __init__(self, linear_map: Map, state: Tensor, shapes: Sequence[Shape], shape: Shape) -> None:
        groups, runs, _ = state.shape
        self._map, self.state, self.shape = linear_map, state, shape
        self.factors = split(state, shapes)
        self._gradient = state.new_empty(groups, runs, math.prod(shape))
        self._gradients = state.new_empty(state.shape)
        self._parts = split(self._gradients, shapes)
        self.residual = state.new_empty(groups, runs, linear_map.residuals)
        self.parameters = state if len(shapes) == 1 else torch.empty_like(self._gradient)
        self.refresh()

    @property
    def matrices(self) -> Tensor:
        """The parameters of matrix problems. Shape (G, R, n1, n2)."""
        return self.parameters.view(*self.parameters.shape[:2], *self.shape)

    def parts(self, flat: Tensor) -> list[Tensor]:
        """The parts of a tensor like the state that belong to the factors, as views."""
        return split(flat, [factor.shape[2:] for factor in self.factors])

    def refresh(self) -> None:
        """Brings parameters and residual up to date with the state."""
        self._multiply()
        self._map.residual(self.parameters, self.residual)

    def gradient(self) -> Tensor:
        """Gradient of g = 1/2 ||X a - y||^2 in the state, valid until the next call. Shape (G, R, P)."""
        self._map.adjoint(self.residual, self._gradient)
        self._distribute(self._gradient)
        return self._gradients

    def project(self) -> None:
        """Projects shallow parameters on {X a = y}."""
        self._map.correction(self.residual, self._gradient)
        self.parameters.sub_(self._gradient)
        self.refresh()

    @abstractmethod
    def _multiply(self) -> None:
        """Writes the product of the factors into `parameters`."""

    @abstractmethod
    def _distribute(self, gradient: Tensor) -> None:
        """Turns the gradient in a into that in each factor."""


def split(flat: Tensor, shapes: Sequence[Shape]) -> list[Tensor]:
    """Views of the parts of each run's row, one for each shape."""
    parts, start = [], 0
    for shape in shapes:
        size = math.prod(shape)
        part = flat[..., start : start + size]
        parts.append(part.view(*part.shape[:-1], *shape))
        start += size
    return parts


class Shallow(LinearBatch):
    """Depth 1: the state is a itself."""

    def __init__(self, linear_map: Map, state: Tensor, shape: Shape) -> None:
        super().__init__(linear_map, state, [shape], shape)
        self._gradients = self._gradient

    def _multiply(self) -> None:
        pass

    def _distribute(self, gradient: Tensor) -> None:
        pass


class DeepVector(LinearBatch):
    """a = u_1 o ... o u_L, entrywise."""

    def __init__(self, linear_map: Map, state: Tensor, shapes: Sequence[Shape], shape: Shape) -> None:
        groups, runs, _ = state.shape
        self._others = state.new_empty(len(shapes), groups, runs, *shape)  # prod_{k != i} u_k
        super().__init__(linear_map, state, shapes, shape)

    def _multiply(self) -> None:
        # Prefix times suffix products: no division, so that zeros in the factors are no exception.
        factors, others, product = self.factors, self._others, self.parameters
        others[0].fill_(1.0)
        for i in range(1, len(factors)):
            torch.mul(others[i - 1], factors[i - 1], out=others[i])
        product.copy_(factors[-1])
        for i in range(len(factors) - 2, -1, -1):
            others[i].mul_(product)
            product.mul_(factors[i])

    def _distribute(self, gradient: Tensor) -> None:
        for others, out in zip(self._others, self._parts, strict=True):
            torch.mul(others.conj(), gradient, out=out)


class DeepMatrix(LinearBatch):
    """A = A_1 ... A_L, a true matrix product."""

    def __init__(self, linear_map: Map, state: Tensor, shapes: Sequence[Shape], shape: Shape) -> None:
        count = state.shape[0] * state.shape[1]
        # Products of the first and of the last factors: one of i factors stands at place i.
        self._first = [state.new_empty(count, shapes[0][0], s[1]) for s in shapes[:-1]]
        self._last = [state.new_empty(count, s[0], shapes[-1][1]) for s in shapes[1:]]
        super().__init__(linear_map, state, shapes, shape)

    def _multiply(self) -> None:
        factors = [factor.flatten(0, 1) for factor in self.factors]
        first, last = self._first, self._last
        first[0].copy_(factors[0])
        for i in range(1, len(first)):
            torch.bmm(first[i - 1], factors[i], out=first[i])
        last[-1].copy_(factors[-1])
        for i in range(len(last) - 2, -1, -1):
            torch.bmm(factors[i + 1], last[i + 1], out=last[i])
        torch.bmm(first[-1], factors[-1], out=self.matrices.flatten(0, 1))

    def _distribute(self, gradient: Tensor) -> None:
        g = gradient.view(-1, *self.shape)
        for i, out in enumerate(self._parts):
            part = g if i == 0 else self._first[i - 1].transpose(1, 2) @ g
            part = part if i == len(self._last) else part @ self._last[i].transpose(1, 2)
            out.flatten(0, 1).copy_(part)


def linear_batch(linear_map: Map, state: Tensor, shapes: Sequence[Shape], shape: Shape) -> LinearBatch:
    """The model for factors of these shapes whose product has the shape of the parameters."""
    if len(shapes) == 1:
        return Shallow(linear_map, state, shape)
    deep = DeepVector if len(shape) == 1 else DeepMatrix
    return deep(linear_map, state, shapes, shape)
