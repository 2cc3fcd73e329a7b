"""The optimizers of the linear problems as in-place steps on a batch."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from core.models import LinearBatch
from core.training.linear.data import BatchData
from core.training.spectral import polar_factor, shrink

Step = Callable[[], None]


def make_step(kind: str, model: LinearBatch, data: BatchData) -> Step:
    """One step of the method `kind` on all runs: in place and without a host sync.

    Each run has its own alpha, beta_1, beta_2 and beta_*; settings that no run uses cost nothing.
    """
    return _STEPS[kind](model, data)


def penalty_gradient(model: LinearBatch, data: BatchData) -> Tensor:
    """beta_2 u + beta_1 sign u + beta_* U V', with sign 0 = 0. Shape (G, R, P)."""
    gradient = torch.zeros_like(model.state)
    for add in _penalties(model, data):
        add(gradient)
    return gradient


def _subgradient(model: LinearBatch, data: BatchData) -> Step:
    move = _subgradient_move(model, data)

    def step() -> None:
        move()
        model.refresh()

    return step


def _projected_subgradient(model: LinearBatch, data: BatchData) -> Step:
    move = _subgradient_move(model, data)

    def step() -> None:
        move()
        model.refresh()
        model.project()

    return step


def _proximal(model: LinearBatch, data: BatchData) -> Step:
    move = _descent(model, data, list(_ridge(model, data)))
    thresholds = []
    if bool(data.l1.any()):
        thresholds.append((_complex_soft if model.state.is_complex() else _soft)(model, data))
    if bool(data.nuclear.any()):
        thresholds.append(_spectral_soft(model, data))

    def step() -> None:
        move()
        for threshold in thresholds:
            threshold()
        model.refresh()

    return step


def _subgradient_move(model: LinearBatch, data: BatchData) -> Step:
    return _descent(model, data, list(_penalties(model, data)))


def _descent(model: LinearBatch, data: BatchData, penalties: list[Callable[[Tensor], None]]) -> Step:
    """u <- u - alpha (grad g + the penalties' gradients)."""

    def move() -> None:
        gradient = model.gradient()
        for add in penalties:
            add(gradient)
        model.state.addcmul_(gradient, data.learning_rate, value=-1.0)

    return move


def _penalties(model: LinearBatch, data: BatchData) -> Iterator[Callable[[Tensor], None]]:
    """Adds each penalty's gradient to a gradient; penalties that no run has are left out."""
    yield from _ridge(model, data)
    state = model.state
    if bool(data.l1.any()):
        signs = torch.empty_like(state)

        def lasso(gradient: Tensor) -> None:
            torch.sgn(state, out=signs)
            gradient.addcmul_(signs, data.l1)

        yield lasso
    if bool(data.nuclear.any()):
        strength = data.nuclear.unsqueeze(-1)  # (G, R, 1, 1)

        def nuclear(gradient: Tensor) -> None:
            for factor, part in zip(model.factors, model.parts(gradient), strict=True):
                part.addcmul_(polar_factor(factor), strength)

        yield nuclear


def _ridge(model: LinearBatch, data: BatchData) -> Iterator[Callable[[Tensor], None]]:
    if bool(data.l2_squared.any()):

        def ridge(gradient: Tensor) -> None:
            gradient.addcmul_(model.state, data.l2_squared)

        yield ridge


def _soft(model: LinearBatch, data: BatchData) -> Step:
    u = model.state
    threshold = (data.learning_rate * data.l1).expand_as(u).contiguous()
    opposite, clipped = -threshold, torch.empty_like(u)

    def soft() -> None:
        # u - clip(u, -t, t) has exact zeros inside.
        torch.minimum(u, threshold, out=clipped)
        torch.maximum(clipped, opposite, out=clipped)
        u.sub_(clipped)

    return soft


def _complex_soft(model: LinearBatch, data: BatchData) -> Step:
    u, threshold = model.state, (data.learning_rate * data.l1)

    def soft() -> None:
        size = u.abs()
        u.mul_(torch.where(size > threshold, 1.0 - threshold / size, 0.0 * size))

    return soft


def _spectral_soft(model: LinearBatch, data: BatchData) -> Step:
    threshold = data.learning_rate * data.nuclear

    def soft() -> None:
        model.matrices.copy_(shrink(model.matrices, threshold))

    return soft


_STEPS: dict[str, Callable[[LinearBatch, BatchData], Step]] = {
    "subgradient": _subgradient,
    "projected_subgradient": _projected_subgradient,
    "proximal": _proximal,
}
