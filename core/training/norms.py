"""Sizes that linear models and networks are measured by; NaN shows in all of them."""

import torch
from torch import Tensor

SMALL = 1e-4
"""Entries up to this size do not count in the l0 norm."""


def norm(x: Tensor) -> Tensor:
    """Euclidean norm over the last axis."""
    size: Tensor = torch.linalg.vector_norm(x, dim=-1)
    return size


def norm_into(out: Tensor, x: Tensor) -> None:
    """As `norm`, written into `out`; infinite where the sum of squares is.

    Of a single number torch takes the absolute value, which would overflow only where its square has long.
    """
    torch.linalg.vector_norm(x, dim=-1, out=out)
    if x.shape[-1] == 1:
        out.square_().sqrt_()


def l0_norm(x: Tensor) -> Tensor:
    """Number of entries that are not small, over the last axis."""
    sizes = x.abs()
    # NaN compares as small; the sum makes it show.
    return torch.count_nonzero(sizes > SMALL, dim=-1) + 0.0 * sizes.sum(-1)


def effective_rank(singular: Tensor) -> Tensor:
    """exp(-sum p ln p) with p = sigma / ||sigma||_1 over the last axis; 0 where all are 0."""
    total = singular.sum(-1, keepdim=True)
    shares = singular / torch.where(total == 0, 1.0, total)
    spread: Tensor = torch.exp(torch.special.entr(shares).sum(-1))
    return torch.where(total.squeeze(-1) == 0, 0.0, spread)
