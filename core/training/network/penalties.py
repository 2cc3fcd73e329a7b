"""Gradients of the penalties of networks, added to a gradient."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from core.models import Chain, Network, Perceptron, add_jacobian_gradient, views
from core.spec import ExperimentSpec, Layer, penalised
from core.training.network.data import NetworkData, Part
from core.training.spectral import polar_factor

Add = Callable[[Mapping[str, Tensor]], None]
"""Adds to the gradients of the layers, by name, of shapes (B, *layer.shape)."""


def norm_penalties(spec: ExperimentSpec, network: Network, data: NetworkData) -> list[Add]:
    """l1, l2, l2_squared and nuclear on the chosen layers, those of them that a run has."""
    layers, strengths = penalised(spec), data.strengths
    return [
        _adder(slope, network, layers, strengths[name])
        for name, slope in _SLOPES.items()
        if name in strengths
    ]


class SobolevPenalty:
    """Distances of the Jacobian and the Hessian to the teacher's, over the inputs of a step."""

    def __init__(self, network: Perceptron, data: NetworkData) -> None:
        self._network, self._strengths = network, data.strengths
        self._chain = network.chain
        # One hidden layer and no Hessian: the gradient is written out; else torch differentiates.
        self._short = len(network.dense.weights) == 2 and not any(
            name.startswith("sobolev_2") for name in data.strengths
        )

    def add(self, gradients: Mapping[str, Tensor], part: Part) -> None:
        """Adds the gradient at the data of a step."""
        if self._short:
            self._add_written(gradients, part)
        else:
            self._add_differentiated(gradients, part)

    def _add_written(self, gradients: Mapping[str, Tensor], part: Part) -> None:
        assert part.jacobian is not None, "data that a Sobolev penalty is trained on have Jacobians"
        sums = self._chain.sums(part.inputs)
        gap = self._chain.jacobian(sums, part.rows) - part.jacobian  # (B, N, C, d)
        shape = (-1, 1, 1, 1)
        scale = torch.zeros_like(self._network.parameters[:, :1])
        if "sobolev_1" in self._strengths:
            norm = torch.linalg.vector_norm(gap, dim=(1, 2, 3)).unsqueeze(1)
            scale = scale + torch.where(norm > 0, self._strengths["sobolev_1"] / norm, 0.0)
        if "sobolev_1_squared" in self._strengths:
            scale = scale + self._strengths["sobolev_1_squared"] * (2.0 / gap[0].numel())
        names = self._network.weight_names, self._network.bias_names
        weights, biases = ([gradients[name] for name in group] for group in names)
        add_jacobian_gradient(self._chain, part.inputs, sums[0], gap.mul_(scale.view(shape)), weights, biases)

    def _add_differentiated(self, gradients: Mapping[str, Tensor], part: Part) -> None:
        with torch.enable_grad():
            flat = self._network.parameters.detach().clone().requires_grad_()
            arrays = views(self._network.layers, flat)
            names = self._network.weight_names, self._network.bias_names
            weights, biases = ([arrays[name] for name in group] for group in names)
            total = self._value(Chain(weights, biases, self._chain.activation), part).sum()
            if not total.requires_grad:
                # The Hessian of a linear map is zero, wherever it is.
                return
            (found,) = torch.autograd.grad(total, flat, allow_unused=True, materialize_grads=True)
        for name, slope in views(self._network.layers, found).items():
            gradients[name].add_(slope)

    def _value(self, chain: Chain, part: Part) -> Tensor:
        """The penalty of each run. Shape (B,)."""
        sums = chain.sums(part.inputs)
        value = torch.zeros(part.targets.shape[0], dtype=part.inputs.dtype, device=part.inputs.device)
        gaps = []
        if part.jacobian is not None:
            gaps.append(("sobolev_1", chain.jacobian(sums, part.rows) - part.jacobian))
        if part.hessian is not None:
            gaps.append(("sobolev_2", chain.hessian(sums, part.rows) - part.hessian))
        for name, gap in gaps:
            flat = gap.flatten(1)
            if name in self._strengths:
                # The slope of a norm at 0 is 0.
                value = value + self._strengths[name][:, 0] * _safe_norm(flat)
            if f"{name}_squared" in self._strengths:
                value = value + self._strengths[f"{name}_squared"][:, 0] * flat.square().mean(1)
        return value


def _safe_norm(flat: Tensor) -> Tensor:
    squares = flat.square().sum(1)
    there = squares > 0
    return torch.where(there, torch.where(there, squares, 1.0).sqrt(), 0.0)


def _adder(
    slope: Callable[[Tensor], Tensor], network: Network, layers: Sequence[Layer], strength: Tensor
) -> Add:
    def add(gradients: Mapping[str, Tensor]) -> None:
        for layer in layers:
            weight = network.arrays[layer.name]
            gradients[layer.name].addcmul_(slope(weight), strength.view(-1, *[1] * (weight.ndim - 1)))

    return add


def _norm(weight: Tensor) -> Tensor:
    flat = weight.flatten(1)
    norm = torch.linalg.vector_norm(flat, dim=1).view(-1, *[1] * (weight.ndim - 1))
    return torch.where(norm > 0, weight / norm, 0.0 * weight)


_SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "l1": torch.sgn,
    "l2": _norm,
    "l2_squared": lambda weight: weight,
    "nuclear": polar_factor,
}
