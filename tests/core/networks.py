"""Small networks for tests: specs of every problem, and the same networks written plainly with torch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.models import Network, make_network, views
from core.spec import Cell, ExperimentSpec, expand, layers_of, parse_spec
from core.spec.network_model import EncoderDecoder

MODULAR: dict[str, Any] = {
    "problem": {"kind": "modular_arithmetic", "modulus": 11, "train_fraction": 0.5},
    "model": {"kind": "encoder_decoder", "embedding": 9, "hidden": [12]},
    "optimizer": {"kind": "adam", "learning_rate": 1e-2, "betas": [0.9, 0.99]},
    "precision": "float64",
    "steps": 100,
}
TEACHER: dict[str, Any] = {
    "problem": {
        "kind": "teacher_student",
        "dimension": 5,
        "hidden": 8,
        "outputs": 2,
        "train_size": 12,
        "test_size": 20,
        "activation": "tanh",
    },
    "model": {
        "kind": "mlp",
        "hidden": [10],
        "activation": "tanh",
        "init": {"kind": "normal_fan_out"},
    },
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
    "precision": "float64",
    "steps": 100,
}
DIGITS: dict[str, Any] = {
    "problem": {"kind": "dataset", "builtin": "digits", "test_fraction": 0.9},
    "model": {"kind": "mlp", "hidden": [10], "bias": True},
    "optimizer": {"kind": "adamw", "learning_rate": 1e-3, "weight_decay": 0.1},
    "precision": "float64",
    "steps": 100,
}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "quadratic": lambda z: z * z,
    "sin": torch.sin,
    "identity": lambda z: z,
}
PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {
    "l1": lambda w: w.abs().sum(),
    "l2": torch.linalg.vector_norm,
    "l2_squared": lambda w: 0.5 * w.square().sum(),
    "nuclear": lambda w: torch.linalg.svdvals(w).sum(),
}
"""Of one array of parameters."""


def spec_of(base: Mapping[str, Any], **over: Any) -> dict[str, Any]:
    """The base with changed fields; problem, model and optimizer are merged with those of the same kind."""
    spec = dict(base)
    for name, value in over.items():
        old = base.get(name)
        merges = isinstance(old, dict) and value.get("kind", old["kind"]) == old["kind"]
        spec[name] = {**(old or {}), **value} if merges else value
    return spec


def network_cells(base: Mapping[str, Any], **over: Any) -> list[Cell]:
    """The cells of such a spec."""
    return expand(parse_spec(spec_of(base, **over)))


def network_of(spec: ExperimentSpec, runs: int, seed: int = 0) -> Network:
    """Runs of the spec's network with normal parameters, biases too, in float64."""
    layers = layers_of(spec)
    size = sum(layer.size for layer in layers)
    drawn = torch.randn(runs, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return make_network(spec.network_model, layers, 0.5 * drawn)


def run_arrays(spec: ExperimentSpec, flat: Tensor) -> list[dict[str, Tensor]]:
    """The layers of each run by name, from parameters of shape (B, P)."""
    stacked = views(layers_of(spec), flat)
    return [{name: array[run] for name, array in stacked.items()} for run in range(len(flat))]


def plain_outputs(spec: ExperimentSpec, arrays: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
    """f(x) of one run: inputs are numbers of shape (..., d), or pairs of residues of shape (N, 2)."""
    model = spec.network_model
    if not isinstance(model, EncoderDecoder):
        return _perceptron(arrays, "layers", len(model.hidden) + 1, model.activation, inputs)
    names = ("embedding", "embedding") if model.shared_embedding else ("embedding.0", "embedding.1")
    first, second = arrays[names[0]][inputs[:, 0]], arrays[names[1]][inputs[:, 1]]
    side = round(model.embedding**0.5)
    combined = {
        "sum": lambda: first + second,
        "hadamard": lambda: first * second,
        "concat": lambda: torch.cat([first, second], dim=1),
        "matrix_product": lambda: (first.view(-1, side, side) @ second.view(-1, side, side)).flatten(1),
    }[model.combine]()
    return _perceptron(arrays, "decoder", len(model.hidden) + 1, model.activation, combined)


def run_outputs(spec: ExperimentSpec, flat: Tensor, inputs: Sequence[Tensor]) -> Tensor:
    """f of all runs, each on its own inputs. Shapes (B, P) and (B, N, C)."""
    runs = zip(run_arrays(spec, flat), inputs, strict=True)
    return torch.stack([plain_outputs(spec, arrays, own) for arrays, own in runs])


def _perceptron(
    arrays: Mapping[str, Tensor], prefix: str, layers: int, activation: str, inputs: Tensor
) -> Tensor:
    hidden = inputs
    for place in range(layers):
        name = f"{prefix}.{place}"
        hidden = functional.linear(hidden, arrays[name], arrays.get(f"{name}.bias"))
        if place < layers - 1:
            hidden = ACTIVATIONS[activation](hidden)
    return hidden
