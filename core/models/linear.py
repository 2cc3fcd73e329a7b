"""Linear and deep linear models of a batch: a = u_1 o ... o u_L, residual and gradient, all in place."""

import torch
from torch import Tensor


class LinearBatch:
    """G designs with R runs each.

    The residual X a - y always belongs to the current factors: whoever changes them calls `refresh`. The two
    thin products of the X form keep a lone run's trajectory to rounding over a million steps; X'X drifts.

    Attributes:
        design: X. Shape (G, N, n); designs with fewer measurements have zero rows.
        targets: y. Shape (G, 1, N).
        factors: u. Shape (L, G, R, n).
        parameters: a; for L = 1 a view of the only factor. Shape (G, R, n).
        residual: X a - y. Shape (G, R, N).
    """

    def __init__(self, design: Tensor, targets: Tensor, factors: Tensor) -> None:
        depth, groups, runs, dimension = factors.shape
        self.design, self.targets, self.factors = design, targets, factors
        self._design_t = design.transpose(1, 2)  # (G, n, N)
        self._gradient = factors.new_empty(groups, runs, dimension)
        self.residual = factors.new_empty(groups, runs, design.shape[1])
        self.parameters = factors[0] if depth == 1 else factors.new_empty(groups, runs, dimension)
        self._others = factors.new_empty(factors.shape) if depth > 1 else None  # prod_{k != i} u_k
        self._gradients = factors.new_empty(factors.shape) if depth > 1 else self._gradient.unsqueeze(0)
        self.refresh()

    def refresh(self) -> None:
        """Brings parameters and residual up to date with the factors."""
        if self._others is not None:
            self._multiply(self._others)
        torch.bmm(self.parameters, self._design_t, out=self.residual)
        self.residual.sub_(self.targets)

    def gradient(self) -> Tensor:
        """Gradient of g = 1/2 ||X a - y||^2 in each factor, valid until the next call. Shape (L, G, R, n)."""
        torch.bmm(self.residual, self.design, out=self._gradient)
        if self._others is not None:
            torch.mul(self._others, self._gradient, out=self._gradients)
        return self._gradients

    def _multiply(self, others: Tensor) -> None:
        # Prefix times suffix products: no division, so that zeros in the factors are no exception.
        factors, product = self.factors, self.parameters
        others[0].fill_(1.0)
        for i in range(1, len(factors)):
            torch.mul(others[i - 1], factors[i - 1], out=others[i])
        product.copy_(factors[-1])
        for i in range(len(factors) - 2, -1, -1):
            others[i].mul_(product)
            product.mul_(factors[i])
