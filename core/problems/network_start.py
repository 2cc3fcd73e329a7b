"""Starting points of networks, drawn on the host in float64."""

import math

import numpy as np

from core.problems.operators import Array
from core.problems.streams import Stream, generator
from core.spec import ExperimentSpec, Layer, layers_of


def network_start(spec: ExperimentSpec) -> list[Array]:
    """The parameters of each layer at step 0, in the order of `layers_of`.

    Each has a part of the stream of its own, so that the width of one leaves the others as they are.
    """
    init, layers = spec.network_model.init, layers_of(spec)
    start = [
        init.scale * _drawn(generator(spec.seed, Stream.INIT, place), init.kind, layer)
        if layer.weight
        else np.zeros(layer.shape)
        for place, layer in enumerate(layers)
    ]
    if init.zero_last_layer:
        last = max(place for place, layer in enumerate(layers) if layer.weight)
        start[last] = np.zeros(layers[last].shape)
    return start


def _drawn(stream: np.random.Generator, kind: str, layer: Layer) -> Array:
    # An embedding looks rows up: its p rows are inputs.
    inputs, outputs = layer.shape if layer.embedding else layer.shape[::-1]
    if kind == "paper" and layer.embedding:
        return stream.uniform(-1.0, 1.0, layer.shape) / math.sqrt(inputs)
    variance = {
        "paper": 1.0 / outputs,
        "normal_fan_in": 1.0 / inputs,
        "normal_fan_out": 1.0 / outputs,
        "kaiming": 2.0 / inputs,
        "xavier": 2.0 / (inputs + outputs),
    }
    drawn: Array = math.sqrt(variance[kind]) * stream.standard_normal(layer.shape)
    return drawn
