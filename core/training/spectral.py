"""Singular values in a batch: of runs that have diverged too, whose matrices no decomposition takes."""

import torch
from torch import Tensor

_FEWEST = 8
"""Matrices from which on `_by_eigenvectors` costs less, with all its calls, than as many decompositions."""
_MENDED = 5e-7
"""A correction below it leaves an error below that of an SVD, eps sigma_1 / sigma_n: both meet at 1e5."""


def polar_factor(matrices: Tensor) -> Tensor:
    """U V' of the thin SVD of each matrix; singular values that are zero to rounding contribute zero.

    Shape (..., n1, n2). NaN where a matrix has entries that are no finite numbers.
    """
    # Elsewhere the choice between the two ways would wait for the device, or gains nothing.
    if matrices.device.type != "cpu" or matrices.dtype != torch.float64:
        return _by_singular_vectors(matrices)
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    if len(flat) < _FEWEST:
        return _by_singular_vectors(matrices)
    tall = flat.shape[-2] >= flat.shape[-1]
    factors = _polar_factors(flat) if tall else _polar_factors(flat.mT).mT
    return factors.reshape(matrices.shape)


def _polar_factors(matrices: Tensor) -> Tensor:
    """By eigenvectors, unless a singular value is near zero. Shape (B, m, k), m >= k."""
    gram = torch.bmm(matrices.mT, matrices)
    suited = _well_conditioned(gram)
    if not suited.any():
        return _by_singular_vectors(matrices)
    if suited.all():
        factors, suited = _by_eigenvectors(matrices, gram)
    else:
        factors = torch.empty_like(matrices)
        factors[suited], accurate = _by_eigenvectors(matrices[suited], gram[suited])
        suited[suited.clone()] = accurate
    if not suited.all():
        factors[~suited] = _by_singular_vectors(matrices[~suited])
    return factors


def _well_conditioned(gram: Tensor) -> Tensor:
    """Whether eigenvectors of A'A are likely to be good enough, from its Cholesky factor. Shape (B,)."""
    factor, failed = torch.linalg.cholesky_ex(gram)
    least, greatest = factor.diagonal(dim1=-2, dim2=-1).aminmax(dim=-1)
    # Rounding leaves cosines of up to eps sigma_1^2 / (sigma_i sigma_j), a tenth of that as a rule.
    suited: Tensor = (failed == 0) & (least > 2e-5 * greatest)  # False for NaN
    return suited


def _by_eigenvectors(matrices: Tensor, gram: Tensor) -> tuple[Tensor, Tensor]:
    """Polar factors, and whether each is accurate, from eigenvectors V of A'A: half the cost of an SVD.

    W = A V has columns of length d_i, orthogonal but for the rounding of A'A: W'W = D (I + E) D. To first
    order in E the square root of W'W is D + D F D with F_ij = E_ij / (d_i + d_j), so that the polar factor is
    W D^-1 (I - D F) V', with an error of the order of E^2.
    Where it is not accurate the result means nothing.
    """
    _, vectors = torch.linalg.eigh(gram)
    images = torch.bmm(matrices, vectors)
    products = torch.bmm(images.mT, images)
    length = products.diagonal(dim1=-2, dim2=-1).sqrt()
    column, row = length.unsqueeze(-1), length.unsqueeze(-2)
    correction = products.div_((column + row).mul_(-row))  # -D F off the diagonal
    correction.diagonal(dim1=-2, dim2=-1).zero_()
    accurate = torch.linalg.vector_norm(correction.flatten(1), dim=1) < _MENDED
    correction.diagonal(dim1=-2, dim2=-1).fill_(1.0)
    return torch.bmm(images.div_(row), torch.bmm(correction, vectors.mT)), accurate


def _by_singular_vectors(matrices: Tensor) -> Tensor:
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
