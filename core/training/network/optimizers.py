"""The optimizers of networks, in place, with a learning rate for each run."""

import math
from typing import Protocol

import torch
from torch import Tensor

from core.spec.method import NetworkMethod
from core.spec.network_method import Adam, ConstantRate, Cosine, Schedule, Sgd, WarmUp


class Optimizer(Protocol):
    """Moves parameters along a gradient.

    Attributes:
        moments: number of tensors like the parameters that it keeps.
    """

    moments: int

    def prepare(self, step: int) -> None:
        """Sets what depends on the step, which counts from 1."""
        ...

    def move(self, parameters: Tensor, gradient: Tensor, moments: Tensor) -> None:
        """Takes the step; the gradient may be overwritten. Shapes (B, P), moments (moments, B, P)."""
        ...


def rate_factor(schedule: Schedule, step: int, steps: int) -> float:
    """The share of the learning rate at a step, which counts from 1 to `steps`."""
    match schedule:
        case ConstantRate():
            return 1.0
        case WarmUp(warmup_steps=warm):
            return min(1.0, step / warm)
        case Cosine(warmup_steps=warm, final_fraction=final):
            if step <= warm:
                return step / warm
            progress = (step - warm) / (steps - warm)
            return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * progress))


def make_optimizer(method: NetworkMethod, learning_rate: Tensor, steps: int) -> Optimizer:
    """The optimizer for these learning rates, of shape (B, 1)."""
    if isinstance(method, Sgd):
        return SgdSteps(method, learning_rate, steps)
    return AdamSteps(method, learning_rate, steps)


class SgdSteps:
    """See core.spec.network_method.Sgd."""

    def __init__(self, method: Sgd, learning_rate: Tensor, steps: int) -> None:
        self._method, self._base, self._steps = method, learning_rate, steps
        self._rate = learning_rate.clone()
        self.moments = 1 if method.momentum > 0 else 0

    def prepare(self, step: int) -> None:
        torch.mul(self._base, -rate_factor(self._method.schedule, step, self._steps), out=self._rate)

    def move(self, parameters: Tensor, gradient: Tensor, moments: Tensor) -> None:
        if self.moments:
            velocity = moments[0].mul_(self._method.momentum).add_(gradient)
            if self._method.nesterov:
                gradient.add_(velocity, alpha=self._method.momentum)
            else:
                gradient = velocity
        parameters.addcmul_(gradient, self._rate)


class AdamSteps:
    """See core.spec.network_method.Adam.

    What changes with the step lies in tensors, so that a captured graph reads it anew.
    """

    moments = 2

    def __init__(self, method: Adam, learning_rate: Tensor, steps: int) -> None:
        self._method, self._base, self._steps = method, learning_rate, steps
        self._rate, self._kept = learning_rate.clone(), torch.ones_like(learning_rate)
        self._root = learning_rate.new_ones(())
        # Numbers that are too large for the precision become infinite, and the run diverges.
        self._decay = learning_rate.new_tensor(method.weight_decay)
        # On a CPU smaller numbers count as 0.
        self._eps = method.eps if method.eps >= torch.finfo(learning_rate.dtype).tiny else 0.0

    def prepare(self, step: int) -> None:
        factor = rate_factor(self._method.schedule, step, self._steps)
        first, second = self._method.betas
        torch.mul(self._base, -factor / (1.0 - first**step), out=self._rate)
        self._root.fill_(1.0 / math.sqrt(1.0 - second**step))
        torch.mul(self._base, -factor * self._method.weight_decay, out=self._kept).add_(1.0)

    def move(self, parameters: Tensor, gradient: Tensor, moments: Tensor) -> None:
        first, second = self._method.betas
        if self._method.weight_decay > 0:
            if self._method.kind == "adamw":
                parameters.mul_(self._kept)
            else:
                gradient.addcmul_(parameters, self._decay)
        mean, square = moments
        mean.mul_(first).add_(gradient, alpha=1.0 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1.0 - second)
        torch.sqrt(square, out=gradient)
        gradient.mul_(self._root).add_(self._eps)
        if self._eps == 0:
            # A number whose gradient was always 0 stays where it is, as it does for every eps above 0.
            gradient.masked_fill_(square == 0, math.inf)
        parameters.addcmul_(mean.div(gradient), self._rate)
