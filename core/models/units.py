"""Activation functions of networks with their first two derivatives, on tensors."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from core.spec.network_model import Unit

Function = Callable[[Tensor], Tensor]


def unit(name: Unit, order: int = 0) -> Function:
    """phi, or its derivative of order 1 or 2; that of relu at 0 is 0."""
    return _DERIVATIVES[name][order]


def _density(z: Tensor) -> Tensor:
    return torch.exp(z.square() * -0.5) / math.sqrt(2 * math.pi)


def _below(z: Tensor) -> Tensor:
    return 0.5 * (1.0 + torch.erf(z / math.sqrt(2.0)))


def _tanh_slope(z: Tensor) -> Tensor:
    return 1.0 - torch.tanh(z).square()


_DERIVATIVES: dict[Unit, tuple[Function, Function, Function]] = {
    "relu": (torch.relu, lambda z: (z > 0).to(z.dtype), torch.zeros_like),
    "tanh": (torch.tanh, _tanh_slope, lambda z: -2.0 * torch.tanh(z) * _tanh_slope(z)),
    "gelu": (
        lambda z: z * _below(z),
        lambda z: _below(z) + z * _density(z),
        lambda z: (2.0 - z.square()) * _density(z),
    ),
    "quadratic": (torch.square, lambda z: 2.0 * z, lambda z: torch.full_like(z, 2.0)),
    "sin": (torch.sin, torch.cos, lambda z: -torch.sin(z)),
    "identity": (lambda z: z, torch.ones_like, torch.zeros_like),
}
