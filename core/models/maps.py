"""The linear maps of a batch on its device: residual, adjoint and projection, in place."""

from typing import Protocol

import torch
from torch import Tensor


class Map(Protocol):
    """G maps X with R runs each; parameters are flat, of shape (G, R, n).

    Attributes:
        residuals: length of the residual of one run, N or more: what does not belong to a map stays zero.
        work: floating-point operations of one step of a run.
    """

    residuals: int
    work: float

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        """Writes X a - y. Shape (G, R, residuals)."""
        ...

    def adjoint(self, residual: Tensor, out: Tensor) -> None:
        """Writes X^H r. Shape (G, R, n)."""
        ...

    def correction(self, residual: Tensor, out: Tensor) -> None:
        """Writes X^+ r, which subtracted from a leaves X a - y zero. Shape (G, R, n)."""
        ...


class DenseMap:
    """Design matrices.

    The two thin products of the X form keep a lone run's trajectory to rounding over a million steps; X'X
    drifts.

    Attributes:
        design: X; designs with fewer measurements have zero rows. Shape (G, N, n).
        targets: y. Shape (G, 1, N).
    """

    def __init__(self, design: Tensor, targets: Tensor) -> None:
        self.design, self.targets = design, targets
        self._design_t = design.transpose(1, 2)  # (G, n, N)
        self._conjugate = design.conj_physical() if design.is_complex() else design
        self._inverse_t: Tensor | None = None
        self.residuals = design.shape[1]
        self.work = 4.0 * design.shape[1] * design.shape[2] * (4 if design.is_complex() else 1)

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        torch.bmm(parameters, self._design_t, out=out)
        out.sub_(self.targets)

    def adjoint(self, residual: Tensor, out: Tensor) -> None:
        torch.bmm(residual, self._conjugate, out=out)

    def correction(self, residual: Tensor, out: Tensor) -> None:
        if self._inverse_t is None:
            # The pseudo-inverse turns zero rows into zero columns.
            inverse = torch.linalg.pinv(self.design)
            self._inverse_t = inverse.transpose(1, 2).contiguous()  # (G, N, n)
        torch.bmm(residual, self._inverse_t, out=out)


class EntriesMap:
    """Observed entries as a mask: residuals stand at the places of their entries, zero elsewhere.

    Attributes:
        mask: 1 where an entry is observed, else 0. Shape (G, 1, n1 n2).
        targets: the observed entries, else 0. Shape (G, 1, n1 n2).
    """

    def __init__(self, mask: Tensor, targets: Tensor) -> None:
        self.mask, self.targets = mask, targets
        self.residuals = mask.shape[2]
        self.work = 4.0 * mask.shape[2]

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        torch.sub(parameters, self.targets, out=out).mul_(self.mask)

    def adjoint(self, residual: Tensor, out: Tensor) -> None:
        torch.mul(residual, self.mask, out=out)

    def correction(self, residual: Tensor, out: Tensor) -> None:
        torch.mul(residual, self.mask, out=out)


class RankOneMap:
    """Measurements l_k' A r_k: the runs of a design share its two factors, side by side in one product.

    Attributes:
        left, right: rows l_k and r_k; designs with fewer have zero rows. Shapes (G, N, n1), (G, N, n2).
        targets: y. Shape (G, 1, N).
    """

    def __init__(self, left: Tensor, right: Tensor, targets: Tensor, runs: int) -> None:
        groups, rows, n1 = left.shape
        n2 = right.shape[2]
        self.left, self.right, self.targets = left, right, targets
        self._left_t = left.transpose(1, 2)
        self._right = right.unsqueeze(2)  # (G, N, 1, n2)
        self._inverse: Tensor | None = None
        self._matrices = left.new_empty(groups, n1, runs, n2)
        self._products = left.new_empty(groups, rows, runs, n2)
        self._sums = left.new_empty(groups, rows, runs)
        self.residuals = rows
        self.work = 4.0 * rows * n2 * (n1 + 1)

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        groups, n1, runs, n2 = self._matrices.shape
        self._matrices.copy_(parameters.view(groups, runs, n1, n2).transpose(1, 2))
        torch.bmm(
            self.left, self._matrices.view(groups, n1, -1), out=self._products.view(groups, -1, runs * n2)
        )
        torch.sum(self._products.mul_(self._right), dim=-1, out=self._sums)
        torch.sub(self._sums.transpose(1, 2), self.targets, out=out)

    def adjoint(self, residual: Tensor, out: Tensor) -> None:
        groups, n1, runs, n2 = self._matrices.shape
        torch.mul(residual.transpose(1, 2).unsqueeze(3), self._right, out=self._products)
        products = self._products.view(groups, -1, runs * n2)
        torch.bmm(self._left_t, products, out=self._matrices.view(groups, n1, -1))
        out.view(groups, runs, n1, n2).copy_(self._matrices.transpose(1, 2))

    def correction(self, residual: Tensor, out: Tensor) -> None:
        if self._inverse is None:
            # X X' is the entrywise product of two Gram matrices: no Kronecker product is formed.
            right = self.right
            gram = (self.left @ self._left_t) * (right @ right.transpose(1, 2))
            self._inverse = torch.linalg.pinv(gram, hermitian=True)  # (G, N, N)
        self.adjoint(torch.bmm(residual, self._inverse), out)
