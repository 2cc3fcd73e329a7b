"""The parameters of networks: names and shapes, in the order in which they lie side by side."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from core.spec.dataset import Dataset
from core.spec.experiment import ExperimentSpec
from core.spec.network_model import MLP, EncoderDecoder
from core.spec.network_problem import ModularArithmetic, TeacherStudent
from core.spec.problem import NetworkProblem


@dataclass(frozen=True, slots=True)
class Layer:
    """One array of parameters.

    Attributes:
        name: such as `decoder.0`, or `decoder.0.bias`.
        shape: (outputs, inputs) of a weight, (p, m) of an embedding, (outputs,) of a bias.
        embedding: whether rows are looked up.
    """

    name: str
    shape: tuple[int, ...]
    embedding: bool = False

    @property
    def weight(self) -> bool:
        """Whether it is a matrix."""
        return len(self.shape) == 2

    @property
    def size(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)


def layers_of(spec: ExperimentSpec) -> tuple[Layer, ...]:
    """The layers of the network of a one-cell spec. Raises TypeError for a linear model."""
    return _layers(spec.network_model, dimensions(spec.network_problem))


def slices(layers: Iterable[Layer]) -> dict[str, slice]:
    """Where each layer lies in the parameters of a run, side by side, by name."""
    found, start = {}, 0
    for layer in layers:
        found[layer.name] = slice(start, start + layer.size)
        start += layer.size
    return found


def dimensions(problem: NetworkProblem) -> tuple[int, int]:
    """Numbers of one input (of a pair: p) and of one output."""
    match problem:
        case ModularArithmetic():
            return problem.modulus, problem.outputs
        case TeacherStudent() | Dataset():
            return problem.dimension, problem.outputs


def penalised(spec: ExperimentSpec) -> tuple[Layer, ...]:
    """The layers that norms are penalised of: all weights, or those named or begun by `groups`."""
    layers, groups = layers_of(spec), spec.regularization.groups
    if groups == "weights":
        return tuple(layer for layer in layers if layer.weight)
    return tuple(layer for layer in layers if any(named(layer, group) for group in groups))


def named(layer: Layer, group: str) -> bool:
    """Whether a group names a layer: by its name, or its weights by the beginning of it."""
    return layer.name == group or (layer.weight and layer.name.startswith(group + "."))


@lru_cache(maxsize=256)
def _layers(model: MLP | EncoderDecoder, size: tuple[int, int]) -> tuple[Layer, ...]:
    inputs, outputs = size
    if isinstance(model, MLP):
        return tuple(_dense("layers", [inputs, *model.hidden, outputs], model.bias))
    count = 1 if model.shared_embedding else 2
    names = ["embedding"] if count == 1 else ["embedding.0", "embedding.1"]
    embeddings = [Layer(name, (inputs, model.embedding), embedding=True) for name in names]
    combined = model.embedding * (2 if model.combine == "concat" else 1)
    return (*embeddings, *_dense("decoder", [combined, *model.hidden, outputs], model.bias))


def _dense(name: str, widths: list[int], bias: bool) -> Iterator[Layer]:
    for i, (inner, outer) in enumerate(pairwise(widths)):
        yield Layer(f"{name}.{i}", (outer, inner))
        if bias:
            yield Layer(f"{name}.{i}.bias", (outer,))
