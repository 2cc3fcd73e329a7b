"""What the networks of a batch are trained and tested on, as tensors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.problems import Examples, NetworkInstance, baselines, draw_network, network_start
from core.spec import Cell, ExperimentSpec, dimensions, layers_of

STRENGTHS = (
    "l1",
    "l2",
    "l2_squared",
    "nuclear",
    "sobolev_1",
    "sobolev_2",
    "sobolev_1_squared",
    "sobolev_2_squared",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Training or test data of B runs.

    Attributes:
        inputs: numbers, of shape (B, N, d); or pairs, of shape (2, B, N), as rows of all embeddings.
        targets: classes, of shape (B, N), or numbers, of shape (B, N, C).
        jacobian, hessian: of the teacher, where needed. Shapes (B, N, C, d) and (B, N, C, d, d).
    """

    inputs: Tensor
    targets: Tensor
    jacobian: Tensor | None = None
    hessian: Tensor | None = None

    @property
    def rows(self) -> int:
        """Number of inputs N of a run."""
        return self.targets.shape[1]


@dataclass(frozen=True, slots=True)
class NetworkData:
    """A batch of runs; those that are not trained here have zeros.

    Attributes:
        train, test: data.
        start: parameters at step 0. Shape (B, P).
        learning_rate: alpha. Shape (B, 1).
        strengths: beta of each penalty that a run has, by name. Shape (B, 1).
        thresholds: of the detected train and test metric. Shape (2, B).
        baselines: test losses of 0, of the mean, of ridge regression. Shape (3, B).
    """

    train: Part
    test: Part | None
    start: Tensor
    learning_rate: Tensor
    strengths: dict[str, Tensor]
    thresholds: NDArray[np.float64]
    baselines: NDArray[np.float64]


def load_networks(
    cells: Sequence[Cell],
    active: Sequence[int],
    device: torch.device,
    attend: Callable[[], None],
    derivatives: bool,
) -> NetworkData:
    """Draws the instances of the active members and lays them side by side.

    `attend` is called before each and may give up by raising; `derivatives` says whether test data need
    Jacobians.
    """
    spec = cells[0].spec
    host = _Host(cells, spec)
    for member in active:
        attend()
        host.fill(member)
    to = _Mover(spec, device)
    strengths = spec.regularization
    wanted = (strengths.first_derivative, strengths.second_derivative)
    return NetworkData(
        train=to.part(host.train, host.instances, "train", wanted),
        test=to.part(host.test, host.instances, "test", (derivatives, False)) if host.test else None,
        start=to.real(host.start),
        learning_rate=to.real(host.rates),
        strengths={name: to.real(host.strengths[name]) for name in STRENGTHS if host.strengths[name].any()},
        thresholds=host.thresholds,
        baselines=host.baselines,
    )


class _Host:
    """The batch in NumPy, filled run by run."""

    def __init__(self, cells: Sequence[Cell], spec: ExperimentSpec) -> None:
        runs, problem = len(cells), spec.network_problem
        self._cells = cells
        self.train = _empty(spec, runs, problem.train_rows)
        self.test = _empty(spec, runs, problem.test_rows) if problem.test_rows else None
        self.start = np.zeros((runs, sum(layer.size for layer in layers_of(spec))))
        self.rates = np.zeros((runs, 1))
        self.strengths = {name: np.zeros((runs, 1)) for name in STRENGTHS}
        self.thresholds, self.baselines = np.zeros((2, runs)), np.zeros((3, runs))
        self.instances: list[NetworkInstance | None] = [None] * runs

    def fill(self, member: int) -> None:
        spec = self._cells[member].spec
        instance = self.instances[member] = draw_network(spec)
        _put(self.train, member, instance.train, spec)
        if self.test is not None and instance.test is not None:
            _put(self.test, member, instance.test, spec)
        self.start[member] = np.concatenate([array.ravel() for array in network_start(spec)])
        self.rates[member] = spec.network_method.learning_rate
        for name in STRENGTHS:
            self.strengths[name][member] = getattr(spec.regularization, name)
        self.thresholds[:, member] = spec.detect.levels
        if spec.network_problem.task == "regression" and (known := baselines(instance)) is not None:
            self.baselines[:, member] = known.zero, known.mean, known.ridge


Arrays = tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64] | NDArray[np.int64]]


def _empty(spec: ExperimentSpec, runs: int, rows: int) -> Arrays:
    problem = spec.network_problem
    inputs, outputs = dimensions(problem)
    targets: NDArray[np.int64] | NDArray[np.float64]
    if problem.task == "classification":
        targets = np.zeros((runs, rows), np.int64)
    else:
        targets = np.zeros((runs, rows, outputs))
    if problem.kind == "modular_arithmetic":
        # Runs that are not trained look up their own rows too.
        return np.tile(np.arange(runs)[:, None] * inputs, (2, 1, rows)), targets
    return np.zeros((runs, rows, inputs)), targets


def _put(arrays: Arrays, member: int, examples: Examples, spec: ExperimentSpec) -> None:
    inputs, targets = arrays
    targets[member] = examples.targets
    if spec.problem.kind == "modular_arithmetic":
        inputs[:, member] = examples.inputs.T + member * dimensions(spec.network_problem)[0]
    else:
        inputs[member] = examples.inputs


class _Mover:
    """Brings arrays to the device, in the precision of the runs."""

    def __init__(self, spec: ExperimentSpec, device: torch.device) -> None:
        self._device = device
        self._real = torch.float64 if spec.precision == "float64" else torch.float32

    def real(self, array: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(array).to(device=self._device, dtype=self._real)

    def part(
        self,
        arrays: Arrays,
        instances: Sequence[NetworkInstance | None],
        which: str,
        derivatives: tuple[bool, bool],
    ) -> Part:
        """A part with the teachers' Jacobians and Hessians where they are wanted."""
        inputs, targets = (self._any(array) for array in arrays)
        found: list[Tensor | None] = [None, None]
        for place, name in enumerate(("jacobian", "hessian")):
            if not derivatives[place]:
                continue
            rows: list[NDArray[np.float64] | None] = []
            for instance in instances:
                teacher = instance.teacher if instance is not None else None
                if instance is None or teacher is None:
                    rows.append(None)
                    continue
                rows.append(getattr(teacher, name)(getattr(instance, which).inputs))
            like = next(row for row in rows if row is not None)
            found[place] = self.real(np.stack([np.zeros_like(like) if r is None else r for r in rows]))
        return Part(inputs, targets, *found)

    def _any(self, array: NDArray[np.float64] | NDArray[np.int64]) -> Tensor:
        tensor = torch.from_numpy(array).to(self._device)
        return tensor.to(self._real) if tensor.is_floating_point() else tensor
