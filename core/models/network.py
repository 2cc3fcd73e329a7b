"""Networks of a batch of runs: parameters side by side, forward and backward written out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from core.models.dense import Dense
from core.models.derivatives import Chain
from core.spec import Layer, slices
from core.spec.network_model import MLP, EncoderDecoder


class Network(ABC):
    """B runs of one shape.

    Attributes:
        layers: names and shapes, in the order of the parameters.
        parameters: all layers of each run, one after the other. Shape (B, P).
        arrays: views of the layers, by name. Shapes (B, *layer.shape).
        gradient: of what `backward` was given last. Shape (B, P).
        gradients: views of it, by name.
    """

    def __init__(self, layers: Sequence[Layer], parameters: Tensor) -> None:
        self.layers, self.parameters = tuple(layers), parameters
        self.arrays = views(self.layers, parameters)
        self.gradient = torch.zeros_like(parameters)
        self.gradients = views(self.layers, self.gradient)

    @abstractmethod
    def outputs(self, inputs: Tensor) -> Tensor:
        """f(x) of every input, without keeping anything. Shape (B, N, C)."""

    @abstractmethod
    def forward(self, inputs: Tensor) -> Tensor:
        """As `outputs`, and keeps what `backward` needs."""

    @abstractmethod
    def backward(self, gradient: Tensor) -> None:
        """Writes the gradient in the parameters, given that in the outputs, which is overwritten."""

    @abstractmethod
    def select(self, inputs: Tensor, places: Tensor) -> Tensor:
        """The inputs at these places of each run. Shape of places (B, n)."""

    def _dense(self, prefix: str) -> tuple[list[str], list[str]]:
        names = [layer.name for layer in self.layers if layer.name.startswith(prefix)]
        return [n for n in names if not n.endswith(".bias")], [n for n in names if n.endswith(".bias")]


def views(layers: Sequence[Layer], flat: Tensor) -> dict[str, Tensor]:
    """The layers in the rows of a tensor of shape (B, P), by name. Shapes (B, *layer.shape)."""
    places = slices(layers)
    return {layer.name: flat[:, places[layer.name]].view(-1, *layer.shape) for layer in layers}


class Perceptron(Network):
    """Inputs are numbers, of shape (B, N, d).

    Attributes:
        weight_names, bias_names: of the layers, from the first on.
    """

    def __init__(self, model: MLP, layers: Sequence[Layer], parameters: Tensor) -> None:
        super().__init__(layers, parameters)
        self.weight_names, self.bias_names = self._dense("layers.")
        weights, biases = ([self.arrays[n] for n in g] for g in (self.weight_names, self.bias_names))
        self.dense = Dense(weights, biases, model.activation)
        self._weights = [self.gradients[n] for n in self.weight_names]
        self._biases = [self.gradients[n] for n in self.bias_names]

    @property
    def chain(self) -> Chain:
        """The network as what its derivatives are taken of."""
        return Chain(self.dense.weights, self.dense.biases, self.dense.activation)

    def outputs(self, inputs: Tensor) -> Tensor:
        return self.dense.outputs(inputs)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.dense.forward(inputs)

    def backward(self, gradient: Tensor) -> None:
        self.dense.backward(gradient, self._weights, self._biases, through=False)

    def select(self, inputs: Tensor, places: Tensor) -> Tensor:
        return torch.take_along_dim(inputs, places.unsqueeze(2), dim=1)


class PairNetwork(Network):
    """Inputs are pairs of residues, of shape (2, B, N): rows of the embeddings of all runs under each other.

    Run b looks up row x + b p for the residue x.
    """

    def __init__(self, model: EncoderDecoder, layers: Sequence[Layer], parameters: Tensor) -> None:
        super().__init__(layers, parameters)
        self.combine, self.width = model.combine, model.embedding
        self.side = round(model.embedding**0.5)
        names = [layer.name for layer in self.layers if layer.embedding]
        self.embeddings = [self.arrays[name] for name in (names[0], names[-1])]
        self._shared = len(names) == 1
        self._slots = [self.gradients[name] for name in (names[0], names[-1])]
        weights, biases = self._dense("decoder.")
        self.dense = Dense(
            [self.arrays[n] for n in weights], [self.arrays[n] for n in biases], model.activation
        )
        self._weights = [self.gradients[n] for n in weights]
        self._biases = [self.gradients[n] for n in biases]
        self._looked_up: tuple[Tensor, Tensor, Tensor] | None = None

    @property
    def modulus(self) -> int:
        """Number of residues p."""
        return self.embeddings[0].shape[1]

    def outputs(self, inputs: Tensor) -> Tensor:
        return self.dense.outputs(self._combined(*self._look_up(inputs)))

    def forward(self, inputs: Tensor) -> Tensor:
        first, second = self._look_up(inputs)
        self._looked_up = (inputs, first, second)
        return self.dense.forward(self._combined(first, second))

    def backward(self, gradient: Tensor) -> None:
        assert self._looked_up is not None, "backward follows forward"
        inputs, first, second = self._looked_up
        combined = self.dense.backward(gradient, self._weights, self._biases, through=True)
        parts = self._apart(combined, first, second)
        for place, (slot, part) in enumerate(zip(self._slots, parts, strict=True)):
            rows = torch.zeros(
                slot.shape[0] * slot.shape[1], self.width, dtype=part.dtype, device=part.device
            )
            rows.index_add_(0, inputs[place].reshape(-1), part.reshape(-1, self.width))
            if place and self._shared:
                slot.add_(rows.view_as(slot))
            else:
                slot.copy_(rows.view_as(slot))

    def select(self, inputs: Tensor, places: Tensor) -> Tensor:
        return torch.take_along_dim(inputs, places.unsqueeze(0), dim=2)

    def first_sums(self, run: int, low: int, high: int) -> Tensor:
        """Sums of the first layer, without bias, for the first numbers low..high-1 and all second ones.

        The first layer after a bilinear product is linear in the second embedding, with a matrix for each
        first number; after a sum it is a sum. Shape (high - low, outputs of the layer, p).
        """
        first, second = self.embeddings[0][run, low:high], self.embeddings[1][run]
        weight = self.dense.weights[0][run]
        if self.combine in ("sum", "concat"):
            left, right = (
                (weight, weight)
                if self.combine == "sum"
                else (weight[:, : self.width], weight[:, self.width :])
            )
            return (first @ left.T).unsqueeze(2) + right @ second.T
        if self.combine == "hadamard":
            mixed = first.unsqueeze(1) * weight
        else:
            squares = first.view(-1, self.side, self.side)
            parts = weight.view(-1, self.side, self.side)
            mixed = torch.einsum("oil,xij->xojl", parts, squares)
        product = mixed.reshape(-1, self.width) @ second.T
        return product.view(high - low, -1, product.shape[1])

    def _look_up(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        shape = (*inputs.shape[1:], self.width)
        first, second = (
            table.reshape(-1, self.width).index_select(0, rows.reshape(-1)).view(shape)
            for table, rows in zip(self.embeddings, inputs, strict=True)
        )
        return first, second

    def _combined(self, first: Tensor, second: Tensor) -> Tensor:
        match self.combine:
            case "sum":
                return first + second
            case "concat":
                return torch.cat((first, second), dim=-1)
            case "hadamard":
                return first * second
            case _:
                product = torch.bmm(self._squares(first), self._squares(second))
                return product.view_as(first)

    def _apart(self, gradient: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        match self.combine:
            case "sum":
                return gradient, gradient
            case "concat":
                return gradient[..., : self.width], gradient[..., self.width :]
            case "hadamard":
                return gradient * second, gradient * first
            case _:
                squares = self._squares(gradient)
                left = torch.bmm(squares, self._squares(second).transpose(1, 2))
                return left, torch.bmm(self._squares(first).transpose(1, 2), squares)

    def _squares(self, rows: Tensor) -> Tensor:
        return rows.reshape(-1, self.side, self.side)


def make_network(model: MLP | EncoderDecoder, layers: Sequence[Layer], parameters: Tensor) -> Network:
    """The network of these layers whose parameters are those of the tensor, of shape (B, P)."""
    if isinstance(model, MLP):
        return Perceptron(model, layers, parameters)
    return PairNetwork(model, layers, parameters)
