"""The loops that a careful person writes in NumPy: one run, in place, nothing computed twice."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.problems import Dense, Entries, Instance, draw, start
from core.spec import ExperimentSpec, GradientMethod

Array = NDArray[np.float64]


class PlainLoop(Protocol):
    """One run that takes steps.

    Attributes:
        parameters: a or A as it is now.
    """

    @property
    def parameters(self) -> Array: ...

    def advance(self, steps: int) -> None: ...


def plain_loop(spec: ExperimentSpec) -> PlainLoop:
    """The loop of a one-cell spec: l1 on vectors (deep ones by subgradients), the nuclear norm on matrices.

    Raises ValueError for what no loop is written for.
    """
    instance, method = draw(spec), spec.optimizer
    factors, strengths = start(spec, instance), spec.regularization
    if isinstance(method, GradientMethod) and strengths.l2_squared == 0:
        rate = method.learning_rate
        match instance.operator, method.kind, len(factors):
            case Dense(), "subgradient", 1:
                return Subgradient(instance, factors[0], rate, strengths.l1)
            case Dense(), "proximal", 1:
                return Proximal(instance, factors[0], rate, strengths.l1)
            case Dense(), "subgradient", _:
                return Deep(instance, np.stack(factors), rate, strengths.l1)
            case Entries() as entries, "subgradient", 1:
                return Completion(entries, instance.targets, factors[0], rate, strengths.nuclear)
    raise ValueError(f"no plain loop for {spec.optimizer.kind} on {spec.problem.kind}")


class Subgradient:
    """a <- a - alpha (X'(X a - y) + beta sign a), with alpha multiplied in beforehand."""

    def __init__(self, instance: Instance, a: Array, rate: float, l1: float) -> None:
        self.parameters = a
        self._design, self._targets = instance.design, instance.targets
        self._scaled, self._drift = rate * instance.design.T.copy(), rate * l1

    def advance(self, steps: int) -> None:
        a, x, y, scaled, drift = self.parameters, self._design, self._targets, self._scaled, self._drift
        residual, move, sign = np.empty_like(y), np.empty_like(a), np.empty_like(a)
        for _ in range(steps):
            np.dot(x, a, out=residual)
            residual -= y
            np.dot(scaled, residual, out=move)
            np.sign(a, out=sign)
            sign *= drift
            move += sign
            a -= move


class Proximal:
    """A gradient step, then a soft threshold by alpha beta."""

    def __init__(self, instance: Instance, a: Array, rate: float, l1: float) -> None:
        self.parameters = a
        self._design, self._targets = instance.design, instance.targets
        self._scaled, self._threshold = rate * instance.design.T.copy(), rate * l1

    def advance(self, steps: int) -> None:
        a, x, y, scaled = self.parameters, self._design, self._targets, self._scaled
        threshold, opposite = self._threshold, -self._threshold
        residual, move = np.empty_like(y), np.empty_like(a)
        for _ in range(steps):
            np.dot(x, a, out=residual)
            residual -= y
            np.dot(scaled, residual, out=move)
            a -= move
            # a - clip(a, -t, t), whose zeros are exact; minimum and maximum cost less than np.clip.
            np.minimum(a, threshold, out=move)
            np.maximum(move, opposite, out=move)
            a -= move


class Deep:
    """a = u_1 o ... o u_L, every factor moved at once. The factors have shape (L, n)."""

    def __init__(self, instance: Instance, factors: Array, rate: float, l1: float) -> None:
        self._factors = factors
        self._design, self._targets = instance.design, instance.targets
        self._scaled, self._drift = rate * instance.design.T.copy(), rate * l1

    @property
    def parameters(self) -> Array:
        return np.asarray(np.prod(self._factors, axis=0))

    def advance(self, steps: int) -> None:
        u, x, y, scaled, drift = self._factors, self._design, self._targets, self._scaled, self._drift
        residual, a, gradient = np.empty_like(y), np.empty_like(u[0]), np.empty_like(u[0])
        sign, move = np.empty_like(u), np.empty_like(u)
        others = u[::-1] if len(u) == 2 else np.empty_like(u)
        products = _products_of_others(u, others) if len(u) > 2 else []
        last_other, last = others[-1], u[-1]
        for _ in range(steps):
            for product, first, second, rest in products:
                np.multiply(first, second, out=product)
                for factor in rest:
                    product *= factor
            np.multiply(last_other, last, out=a)
            np.dot(x, a, out=residual)
            residual -= y
            np.dot(scaled, residual, out=gradient)
            np.multiply(others, gradient, out=move)
            np.sign(u, out=sign)
            sign *= drift
            move += sign
            u -= move


def _products_of_others(factors: Array, others: Array) -> list[tuple[Array, Array, Array, list[Array]]]:
    """For each of three or more factors where the product of the others goes, and what it multiplies."""
    products = []
    for i, product in enumerate(others):
        first, second, *rest = [factor for k, factor in enumerate(factors) if k != i]
        products.append((product, first, second, rest))
    return products


class Completion:
    """A <- A - alpha (mask o (A - Y) + beta U V'), for A of full rank."""

    def __init__(self, entries: Entries, targets: Array, a: Array, rate: float, nuclear: float) -> None:
        self.parameters = a
        self._scaled, self._observed = np.zeros(a.shape), np.zeros(a.shape)
        self._scaled.flat[entries.places], self._observed.flat[entries.places] = rate, targets
        self._drift = rate * nuclear

    def advance(self, steps: int) -> None:
        a, scaled, observed, drift = self.parameters, self._scaled, self._observed, self._drift
        move, polar = np.empty_like(a), np.empty_like(a)
        svd: Any = np.linalg.svd
        for _ in range(steps):
            np.subtract(a, observed, out=move)
            move *= scaled
            left, _, right = svd(a, full_matrices=False)
            np.dot(left, right, out=polar)
            polar *= drift
            move += polar
            a -= move
