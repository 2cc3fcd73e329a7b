"""The optimizers of the linear problems as in-place steps on a batch."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.models import LinearBatch
from core.training.data import BatchData

Step = Callable[[], None]


def make_step(kind: str, model: LinearBatch, data: BatchData) -> Step:
    """One step of the method `kind` on all runs: in place, no allocation, no host sync.

    Each run has its own alpha, beta_1 and beta_2; settings that no run uses cost nothing.
    """
    return _STEPS[kind](model, data)


def penalty_gradient(factors: Tensor, data: BatchData) -> Tensor:
    """beta_2 u + beta_1 sign u, with sign 0 = 0. Shape (L, G, R, n)."""
    return factors.mul(data.l2_squared).addcmul_(factors.sign(), data.l1)


def _subgradient(model: LinearBatch, data: BatchData) -> Step:
    move = _subgradient_move(model, data)

    def step() -> None:
        move()
        model.refresh()

    return step


def _projected_subgradient(model: LinearBatch, data: BatchData) -> Step:
    move = _subgradient_move(model, data)
    # (X^+)' of each design; the pseudo-inverse turns zero rows into zero columns.
    inverse_t = torch.linalg.pinv(data.design).transpose(1, 2).contiguous()  # (G, N, n)
    correction = torch.empty_like(model.parameters)

    def step() -> None:
        move()
        model.refresh()
        torch.bmm(model.residual, inverse_t, out=correction)
        model.parameters.sub_(correction)
        model.refresh()

    return step


def _proximal(model: LinearBatch, data: BatchData) -> Step:
    u = model.factors[0]
    threshold = (data.learning_rate * data.l1).expand_as(u).contiguous()
    opposite = -threshold
    clipped = torch.empty_like(u)
    l2_squared = data.l2_squared if bool(data.l2_squared.any()) else None

    def step() -> None:
        gradient = model.gradient()[0]
        if l2_squared is not None:
            gradient.addcmul_(u, l2_squared)
        u.addcmul_(gradient, data.learning_rate, value=-1.0)
        # u - clip(u, -t, t) is the soft threshold, with exact zeros inside.
        torch.minimum(u, threshold, out=clipped)
        torch.maximum(clipped, opposite, out=clipped)
        u.sub_(clipped)
        model.refresh()

    return step


def _subgradient_move(model: LinearBatch, data: BatchData) -> Step:
    u = model.factors
    signs = torch.empty_like(u)
    l1 = data.l1 if bool(data.l1.any()) else None
    l2_squared = data.l2_squared if bool(data.l2_squared.any()) else None

    def move() -> None:
        gradient = model.gradient()
        if l2_squared is not None:
            gradient.addcmul_(u, l2_squared)
        if l1 is not None:
            torch.sign(u, out=signs)
            gradient.addcmul_(signs, l1)
        u.addcmul_(gradient, data.learning_rate, value=-1.0)

    return move


_STEPS: dict[str, Callable[[LinearBatch, BatchData], Step]] = {
    "subgradient": _subgradient,
    "projected_subgradient": _projected_subgradient,
    "proximal": _proximal,
}
