"""Derivatives of perceptrons in their inputs, and the gradient of what is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.units import unit
from core.spec.network_model import Unit


@dataclass(frozen=True, slots=True)
class Chain:
    """A perceptron as its layers; everything is differentiable by torch.

    Attributes:
        weights: one of shape (B, outputs, inputs) for each layer.
        biases: one of shape (B, outputs) for each layer, or none.
        activation: of the hidden layers.
    """

    weights: Sequence[Tensor]
    biases: Sequence[Tensor]
    activation: Unit

    def sums(self, inputs: Tensor) -> list[Tensor]:
        """W h + b of the hidden layers. Shapes (B, N, h)."""
        phi, found, hidden = unit(self.activation), [], inputs
        for place, weight in enumerate(self.weights[:-1]):
            total = hidden @ weight.transpose(1, 2)
            found.append(total + self.biases[place].unsqueeze(1) if self.biases else total)
            hidden = phi(found[-1])
        return found

    def jacobian(self, sums: Sequence[Tensor], rows: int) -> Tensor:
        """J(x) = W_L diag(phi') ... W_1, from the last layer on, whose outputs are few.

        Shape (B, N, C, d).
        """
        product = self.weights[-1].unsqueeze(1).expand(-1, rows, -1, -1)  # (B, N, C, h)
        for total, weight in zip(reversed(sums), reversed(self.weights[:-1]), strict=True):
            product = _times(product * unit(self.activation, 1)(total).unsqueeze(2), weight)
        return product

    def hessian(self, sums: Sequence[Tensor], rows: int) -> Tensor:
        """H(x)_c = sum over hidden layers of K' diag(g_c phi'') K, K = dz/dx and g_c = df_c/dh.

        Shape (B, N, C, d, d).
        """
        runs, _, dimension = self.weights[0].shape
        outputs = self.weights[-1].shape[1]
        found = self.weights[0].new_zeros(()).expand(runs, rows, outputs, dimension, dimension)
        slope, curve = unit(self.activation, 1), unit(self.activation, 2)
        forward = [self.weights[0].unsqueeze(1)]  # dz/dx, (B, N or 1, h, d)
        for total, weight in zip(sums[:-1], self.weights[1:-1], strict=True):
            bent = (slope(total).unsqueeze(3) * forward[-1]).transpose(2, 3)
            forward.append(_times(bent, weight.transpose(1, 2)).transpose(2, 3))
        backward = self.weights[-1].unsqueeze(1)  # df/dh, (B, N or 1, C, h)
        for place in reversed(range(len(sums))):
            bent = (backward * curve(sums[place]).unsqueeze(2)).unsqueeze(4)  # (B, N, C, h, 1)
            kernel = forward[place].unsqueeze(2)  # (B, N or 1, 1, h, d)
            found = kernel.transpose(3, 4) @ (bent * kernel) + found
            backward = _times(backward * slope(sums[place]).unsqueeze(2), self.weights[place])
        return found


def _times(rows: Tensor, weight: Tensor) -> Tensor:
    """rows W of each run, as one product: (B, N, k, h) with (B, h, d), of which no copies are made for N."""
    return torch.bmm(rows.flatten(1, 2), weight).view(*rows.shape[:3], -1)


def add_jacobian_gradient(
    chain: Chain,
    inputs: Tensor,
    sums: Tensor,
    pull: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
) -> None:
    """Adds to the gradients of a perceptron with one hidden layer those of a function of its Jacobian.

    With J = (V diag(phi'(z))) W and z = W x + b.

    Args:
        sums: z. Shape (B, N, h).
        pull: gradient of the function in J. Shape (B, N, C, d).
        weights, biases: gradients of the layers, added to.
    """
    first, second = chain.weights
    slope = unit(chain.activation, 1)(sums).unsqueeze(2)  # (B, N, 1, h)
    mixed = (second.unsqueeze(1) * slope).flatten(1, 2)  # (B, N C, h)
    flat = pull.flatten(1, 2)  # (B, N C, d)
    weights[0].baddbmm_(mixed.transpose(1, 2), flat)
    pushed = torch.bmm(flat, first.transpose(1, 2)).view(*pull.shape[:3], -1)  # (B, N, C, h)
    weights[1].add_((pushed * slope).sum(1))
    if chain.activation in ("relu", "identity"):
        return
    bent = (pushed * second.unsqueeze(1)).sum(2) * unit(chain.activation, 2)(sums)  # (B, N, h)
    weights[0].baddbmm_(bent.transpose(1, 2), inputs)
    if biases:
        biases[0].add_(bent.sum(1))
