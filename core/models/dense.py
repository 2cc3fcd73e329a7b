"""Dense layers with activations between them, for a batch of runs: forward and backward."""

from collections.abc import Sequence

import torch
from torch import Tensor

from core.models.units import unit
from core.spec.network_model import Unit


class Dense:
    """h <- phi(h W' + b) for all layers but the last, which has no phi.

    Attributes:
        weights: one tensor of shape (B, outputs, inputs) for each layer.
        biases: one of shape (B, outputs) for each layer, or none.
        activation: the name of phi.
    """

    def __init__(self, weights: Sequence[Tensor], biases: Sequence[Tensor], activation: Unit) -> None:
        self.weights, self.biases, self.activation = list(weights), list(biases), activation
        self._phi, self._slope, self._relu = unit(activation), unit(activation, 1), activation == "relu"
        self._inputs: list[Tensor] = []
        self._sums: list[Tensor] = []

    def outputs(self, inputs: Tensor) -> Tensor:
        """f(x) of each row; nothing is kept. Shapes (B, N, d) and (B, N, C)."""
        hidden = inputs
        last = len(self.weights) - 1
        for layer in range(len(self.weights)):
            hidden = self._sum(layer, hidden)
            if layer < last:
                hidden = hidden.clamp_(min=0.0) if self._relu else self._phi(hidden)
        return hidden

    def columns(self, sums: Tensor, run: int) -> Tensor:
        """f(x) of one run from the sums of its first layer, inputs as columns; the sums are overwritten.

        Shapes (..., h, N) and (..., C, N).
        """
        hidden = sums
        for layer in range(len(self.weights)):
            if layer:
                hidden = hidden.clamp_(min=0.0) if self._relu else self._phi(hidden)
                hidden = torch.matmul(self.weights[layer][run], hidden)
            if self.biases:
                hidden += self.biases[layer][run].unsqueeze(-1)
        return hidden

    def forward(self, inputs: Tensor) -> Tensor:
        """As `outputs`, and keeps what `backward` needs."""
        self._inputs, self._sums = [inputs], []
        for layer in range(len(self.weights) - 1):
            self._sums.append(self._sum(layer, self._inputs[-1]))
            self._inputs.append(self._phi(self._sums[-1]))
        return self._sum(len(self.weights) - 1, self._inputs[-1])

    def backward(
        self, gradient: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], through: bool
    ) -> Tensor:
        """Writes the gradients of the layers, given that of the outputs, which is overwritten.

        Returns the gradient of the inputs, or that of the first sums where it is not to go `through`. Shapes:
        gradient (B, N, C), weights and biases as the layers', the result (B, N, d).
        """
        for layer in reversed(range(len(self.weights))):
            if layer < len(self._sums):
                sums = self._sums[layer]
                gradient.mul_(sums > 0 if self._relu else self._slope(sums))
            torch.bmm(gradient.transpose(1, 2), self._inputs[layer], out=weights[layer])
            if biases:
                torch.sum(gradient, dim=1, out=biases[layer])
            if layer or through:
                gradient = torch.bmm(gradient, self.weights[layer])
        return gradient

    def _sum(self, layer: int, inputs: Tensor) -> Tensor:
        weight = self.weights[layer].transpose(1, 2)
        if self.biases:
            return torch.baddbmm(self.biases[layer].unsqueeze(1), inputs, weight)
        return torch.bmm(inputs, weight)
