"""Every penalty has the gradient of its definition, on the layers that it acts on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.models import Chain, Perceptron, views
from core.problems import draw_network
from core.spec import Cell, ExperimentSpec
from core.spec.layers import layers_of
from core.training.network.data import load_networks
from core.training.network.order import Order
from core.training.network.penalties import SobolevPenalty
from core.training.network.stepper import Stepper
from tests.core.networks import (
    MODULAR,
    PENALTIES,
    TEACHER,
    network_cells,
    plain_outputs,
    run_arrays,
    run_outputs,
)

GENERATOR = torch.Generator().manual_seed(3)
STRENGTHS = [0.3, 0.0, 1.7]
"""Of the runs of a batch: the second has none."""
WEIGHTS = {"layers.0", "layers.1"}
CHOSEN: dict[str, tuple[dict[str, Any], Any, set[str]]] = {
    "all weights of a perceptron": (TEACHER, "weights", WEIGHTS),
    "one layer": (TEACHER, ["layers.1"], {"layers.1"}),
    "all layers by their beginning": (TEACHER, ["layers"], WEIGHTS),
    "all weights of pairs": (MODULAR, "weights", {"embedding.0", "embedding.1", "decoder.0", "decoder.1"}),
    "the embeddings": (MODULAR, ["embedding"], {"embedding.0", "embedding.1"}),
    "an embedding and a layer": (MODULAR, ["decoder.1", "embedding.0"], {"embedding.0", "decoder.1"}),
}
BIASES: dict[str, tuple[dict[str, Any], Any, set[str]]] = {
    "a bias": (TEACHER, ["layers.0.bias"], {"layers.0.bias"}),
    "a bias and the embeddings": (
        MODULAR,
        ["decoder.1.bias", "embedding"],
        {"decoder.1.bias", "embedding.0", "embedding.1"},
    ),
}
SOBOLEV = ("sobolev_1", "sobolev_2", "sobolev_1_squared", "sobolev_2_squared")


def _stepper(cells: Sequence[Cell], seed: int = 0) -> Stepper:
    """The runs at random parameters, biases too."""
    data = load_networks(cells, range(len(cells)), torch.device("cpu"), lambda: None, False)
    stepper = Stepper(cells, data)
    drawn = torch.randn(data.start.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    stepper.state[0] = 0.7 * drawn
    return stepper


def _batch(base: dict[str, Any], penalty: str, **over: Any) -> list[Cell]:
    """Cells that differ in the strength of the penalty."""
    groups = {"groups": over.pop("groups")} if "groups" in over else {}
    values = [{penalty: strength, **groups} for strength in STRENGTHS]
    axes = [{"path": "/regularization", "values": values}]
    return network_cells(base, **over, sweep={"axes": axes})


def _assert_gradient(found: Tensor, start: Tensor, value: Callable[[Tensor], Tensor]) -> None:
    """Compares with autograd and with differences of the penalties (B,) as a function of (B, P)."""
    flat = start.clone().requires_grad_()
    (expected,) = torch.autograd.grad(value(flat).sum(), flat)
    scale = float(expected.abs().max())
    assert scale > 0
    assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-11, abs=1e-11 * scale)
    h = 1e-6
    for _ in range(3):
        way = torch.randn(start.shape, dtype=torch.float64, generator=GENERATOR)
        difference = (value(start + h * way) - value(start - h * way)) / (2 * h)
        assert (found * way).sum(1).numpy() == pytest.approx(difference.numpy(), rel=1e-6, abs=1e-6 * scale)


def _norm_value(spec: ExperimentSpec, penalty: str, names: set[str], flat: Tensor) -> Tensor:
    arrays = run_arrays(spec, flat)
    sums = [torch.stack([PENALTIES[penalty](own[name]) for name in sorted(names)]).sum() for own in arrays]
    return torch.tensor(STRENGTHS, dtype=torch.float64) * torch.stack(sums)


@pytest.mark.parametrize(
    ("penalty", "chosen"),
    # Vectors have no nuclear norm, and the spec refuses it.
    [(p, c) for p in PENALTIES for c in (*CHOSEN, *BIASES) if p != "nuclear" or c in CHOSEN],
)
def test_norms_have_the_gradient_of_their_definition(penalty: str, chosen: str) -> None:
    base, groups, names = (CHOSEN | BIASES)[chosen]
    cells = _batch(base, penalty, groups=groups, model={"bias": True})
    stepper = _stepper(cells)
    found = stepper.penalty_gradient()
    _assert_gradient(found, stepper.state[0], partial(_norm_value, cells[0].spec, penalty, names))
    assert not found[1].any()
    for name, part in views(layers_of(cells[0].spec), found).items():
        assert bool(part.any()) == (name in names)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_norms_of_zero_have_no_slope(penalty: str) -> None:
    stepper = _stepper(_batch(MODULAR, penalty))
    stepper.network.arrays["decoder.1"].zero_()
    stepper.network.arrays["embedding.0"][2] = 0.0
    found = views(layers_of(_batch(MODULAR, penalty)[0].spec), stepper.penalty_gradient())
    assert not found["decoder.1"].any()
    assert not found["embedding.0"][2].any()
    assert found["embedding.0"][0].any()
    assert found["decoder.0"][0].any()


def test_zero_singular_values_add_nothing_to_the_nuclear_slope() -> None:
    stepper = _stepper(_batch(TEACHER, "nuclear"))
    weight = stepper.network.arrays["layers.0"]  # (B, 10, 5)
    left, right = weight[:, :, :2].clone(), weight[:, :2, :].clone()
    weight.copy_(left @ right)
    slope = views(stepper.network.layers, stepper.penalty_gradient())["layers.0"]
    for strength, matrix, found in zip(STRENGTHS, weight, slope, strict=True):
        u, _, v = np.linalg.svd(matrix.numpy(), full_matrices=False)
        assert found.numpy() == pytest.approx(strength * u[:, :2] @ v[:2], abs=1e-12)


def _sobolev_cells(penalty: str, hidden: list[int], activation: str, bias: bool) -> list[Cell]:
    model = {"hidden": hidden, "activation": activation, "bias": bias}
    problem = {"activation": "tanh" if activation == "relu" else activation, "train_size": 4}
    if activation == "identity":
        problem["activation"] = "sin"
    return _batch(TEACHER, penalty, problem=problem, model=model)


def _sobolev_value(
    cells: Sequence[Cell], penalty: str, inputs: Sequence[Tensor], targets: Sequence[Tensor], flat: Tensor
) -> Tensor:
    """beta ||D - D*||_F over all rows as one tensor, or beta mean (D - D*)^2, D the derivatives by torch."""
    spec, found = cells[0].spec, []
    for strength, arrays, own, target in zip(
        [getattr(cell.spec.regularization, penalty) for cell in cells],
        run_arrays(spec, flat),
        inputs,
        targets,
        strict=True,
    ):
        derivative: Callable[[Tensor], Tensor] = partial(plain_outputs, spec, arrays)
        for _ in range(int(penalty.split("_")[1])):
            derivative = torch.func.jacrev(derivative)
        gap = torch.stack([derivative(row) for row in own]) - target
        squares = gap.square()
        found.append(strength * (squares.mean() if penalty.endswith("squared") else squares.sum().sqrt()))
    return torch.stack(found)


def _taught(cells: Sequence[Cell], penalty: str) -> tuple[list[Tensor], list[Tensor]]:
    """Training inputs and the teacher's derivatives there, for each run."""
    name = "jacobian" if "1" in penalty else "hessian"
    inputs, targets = [], []
    for cell in cells:
        instance = draw_network(cell.spec)
        assert instance.teacher is not None
        inputs.append(torch.from_numpy(instance.train.inputs))
        targets.append(torch.from_numpy(getattr(instance.teacher, name)(instance.train.inputs)))
    return inputs, targets


STUDENTS: tuple[tuple[list[int], str, bool], ...] = (
    ([7], "relu", False),
    ([7], "relu", True),
    ([7], "tanh", True),
    ([7], "gelu", False),
    ([7], "quadratic", True),
    ([7], "sin", True),
    ([7], "identity", True),
    ([], "identity", True),
    ([6, 5], "tanh", True),
    ([6, 5], "relu", False),
    ([6, 5, 4], "gelu", True),
)


@pytest.mark.parametrize(
    ("penalty", "hidden", "activation", "bias"),
    # The spec refuses Hessians of relu networks, and those of linear ones are zero wherever they are.
    [
        (penalty, *student)
        for penalty in SOBOLEV
        for student in STUDENTS
        if "1" in penalty or student[1] not in ("relu", "identity")
    ],
)
def test_sobolev_penalties_have_the_gradient_of_their_definition(
    penalty: str, hidden: list[int], activation: str, bias: bool
) -> None:
    cells = _sobolev_cells(penalty, hidden, activation, bias)
    stepper = _stepper(cells)
    found = stepper.penalty_gradient()
    inputs, targets = _taught(cells, penalty)
    _assert_gradient(found, stepper.state[0], partial(_sobolev_value, cells, penalty, inputs, targets))
    assert not found[1].any()


@pytest.mark.parametrize("hidden", [[], [7]])
def test_the_hessian_of_a_linear_student_has_no_slope(hidden: list[int]) -> None:
    for penalty in ("sobolev_2", "sobolev_2_squared"):
        assert not _stepper(_sobolev_cells(penalty, hidden, "identity", True)).penalty_gradient().any()


def test_penalties_of_both_derivatives_and_of_norms_add_up() -> None:
    strengths = {"sobolev_1": 0.2, "sobolev_2": 0.1, "sobolev_1_squared": 0.5, "l1": 0.01, "nuclear": 0.02}
    parts = []
    for chosen in (strengths, *({name: value} for name, value in strengths.items())):
        cells = network_cells(TEACHER, problem={"train_size": 4}, regularization=chosen)
        parts.append(_stepper(cells).penalty_gradient())
    assert parts[0].numpy() == pytest.approx(torch.stack(parts[1:]).sum(0).numpy(), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("hidden", [[7], [6, 5]])
@pytest.mark.parametrize("penalty", SOBOLEV)
def test_a_student_with_the_teachers_derivatives_has_no_slope(penalty: str, hidden: list[int]) -> None:
    cells = _sobolev_cells(penalty, hidden, "tanh", True)
    stepper = _stepper(cells)
    data = load_networks(cells, range(len(cells)), torch.device("cpu"), lambda: None, False)
    network = stepper.network
    assert isinstance(network, Perceptron)
    chain = Chain(network.dense.weights, network.dense.biases, network.dense.activation)
    sums = chain.sums(data.train.inputs)
    name = "jacobian" if "1" in penalty else "hessian"
    own = getattr(chain, name)(sums, data.train.rows)
    network.gradient.zero_()
    SobolevPenalty(network, data).add(network.gradients, replace(data.train, **{name: own}))
    assert not network.gradient.any()


def test_a_student_of_zeros_has_a_finite_slope() -> None:
    for penalty in SOBOLEV:
        stepper = _stepper(_sobolev_cells(penalty, [7], "tanh", True))
        stepper.state.zero_()
        assert stepper.penalty_gradient().isfinite().all()


@pytest.mark.parametrize("hidden", [[7], [6, 5]])
def test_a_minibatch_compares_derivatives_at_its_own_inputs(hidden: list[int]) -> None:
    """One plain gradient step on three of eight inputs."""
    cells = network_cells(
        TEACHER,
        problem={"train_size": 8},
        model={"hidden": hidden},
        regularization={"sobolev_1": 0.3},
        optimizer={"kind": "sgd", "learning_rate": 0.5, "batch_size": 3},
    )
    stepper = _stepper(cells)
    start = stepper.state[0].clone()
    stepper.step(2)
    places = Order([cells[0].seed], 8, 3, torch.device("cpu")).places(2)[0]
    instance = draw_network(cells[0].spec)
    inputs, targets = _taught(cells, "sobolev_1")
    flat = start.clone().requires_grad_()
    outputs = run_outputs(cells[0].spec, flat, [inputs[0][places]])[0]
    loss = functional.mse_loss(outputs, torch.from_numpy(instance.train.targets)[places])
    penalty = _sobolev_value(cells, "sobolev_1", [inputs[0][places]], [targets[0][places]], flat)
    (gradient,) = torch.autograd.grad(loss + penalty.sum(), flat)
    assert stepper.state[0].numpy() == pytest.approx((start - 0.5 * gradient).numpy(), rel=1e-12, abs=1e-14)
