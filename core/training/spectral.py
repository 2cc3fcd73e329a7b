"""Singular values in a batch: of runs that have diverged too, whose matrices no decomposition takes."""

import torch
from torch import Tensor


def polar_factor(matrices: Tensor) -> Tensor:
    """U V' of the thin SVD of each matrix; singular values that are zero to rounding contribute zero.

    Shape (..., n1, n2). NaN where a matrix has entries that are no finite numbers.
    """
    left, singular, right = _decompose(matrices)
    precision = torch.finfo(singular.dtype).eps * max(matrices.shape[-2:])
    kept = singular > precision * singular[..., :1]
    return _unless_diverged((left * kept.unsqueeze(-2)) @ right, matrices)


def shrink(matrices: Tensor, threshold: Tensor) -> Tensor:
    """Soft threshold of the singular values of each matrix. Shapes (..., n1, n2) and (..., 1)."""
    left, singular, right = _decompose(matrices)
    kept = (singular - threshold).clamp_(min=0.0)
    return _unless_diverged((left * kept.unsqueeze(-2)) @ right, matrices)


def singular_values(matrices: Tensor) -> Tensor:
    """Singular values in decreasing order, NaN for a diverged run. Shape (..., min(n1, n2))."""
    values: Tensor = torch.linalg.svdvals(torch.nan_to_num(matrices, 0.0, 0.0, 0.0))
    return values + 0.0 * matrices.sum(dim=(-2, -1)).unsqueeze(-1)


def _decompose(matrices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    finite = torch.nan_to_num(matrices, 0.0, 0.0, 0.0)
    left, singular, right = torch.linalg.svd(finite, full_matrices=False)
    return left, singular, right


def _unless_diverged(result: Tensor, matrices: Tensor) -> Tensor:
    # Zero times what is no finite number is NaN.
    return result.add_(matrices.sum(dim=(-2, -1), keepdim=True), alpha=0.0)
