"""Instances become tensors: designs, targets and per-run settings of a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.problems import Instance, Spectrum, affordable, draw, spectrum, start, theory
from core.spec import Cell
from core.training.layout import Layout


@dataclass(frozen=True, slots=True)
class BatchData:
    """What the runs of a batch are trained on.

    Slots that are not trained hold zeros (and ones where they divide), which stay what they are.

    Attributes:
        design: X, with zero rows below the measurements of smaller designs. Shape (G, N, n).
        targets: y. Shape (G, 1, N).
        truth: a*. Shape (G, 1, n).
        target_norm, truth_norm: ||y||, ||a*||. Shape (G, 1).
        factors: start. Shape (L, G, R, n).
        learning_rate, l1, l2_squared: alpha, beta_1, beta_2. Shape (G, R, 1).
        thresholds: of train and test error. Shape (2, G, R).
        theory: predictions for each trained member.
    """

    design: Tensor
    targets: Tensor
    truth: Tensor
    target_norm: Tensor
    truth_norm: Tensor
    factors: Tensor
    learning_rate: Tensor
    l1: Tensor
    l2_squared: Tensor
    thresholds: Tensor
    theory: dict[int, dict[str, Any]]


def load(
    cells: Sequence[Cell], layout: Layout, device: torch.device, attend: Callable[[], None]
) -> BatchData:
    """Draws the instances of the trained members and lays them out.

    `attend` is called before each: many large instances take their time, and it may give up by raising.
    """
    host = _HostArrays(cells, layout)
    for member in layout.active:
        attend()
        host.fill(member)
    dtype = torch.float64 if cells[0].spec.precision == "float64" else torch.float32

    def tensor(array: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(array).to(device=device, dtype=dtype)

    return BatchData(
        design=tensor(host.design),
        targets=tensor(host.targets),
        truth=tensor(host.truth),
        target_norm=tensor(_divisor(np.linalg.norm(host.targets, axis=-1))),
        truth_norm=tensor(_divisor(np.linalg.norm(host.truth, axis=-1))),
        factors=tensor(host.factors),
        learning_rate=tensor(host.settings[0]),
        l1=tensor(host.settings[1]),
        l2_squared=tensor(host.settings[2]),
        thresholds=tensor(host.thresholds),
        theory=host.theory,
    )


class _HostArrays:
    """The batch on the host, filled member by member; each design is drawn and decomposed once."""

    def __init__(self, cells: Sequence[Cell], layout: Layout) -> None:
        one = cells[0].spec
        depth, n = one.model.depth, one.problem.dimension
        measurements = max(cell.spec.problem.measurements for cell in cells)
        groups, runs = layout.groups, layout.runs
        self._cells, self._layout = cells, layout
        self._instances: dict[int, Instance] = {}
        self._spectra: dict[int, Spectrum | None] = {}
        self.design = np.zeros((groups, measurements, n))
        self.targets = np.zeros((groups, 1, measurements))
        self.truth = np.zeros((groups, 1, n))
        self.factors = np.zeros((depth, groups, runs, n))
        self.settings = np.zeros((3, groups, runs, 1))
        self.thresholds = np.zeros((2, groups, runs))
        self.theory: dict[int, dict[str, Any]] = {}

    def fill(self, member: int) -> None:
        spec = self._cells[member].spec
        g, r = int(self._layout.group[member]), int(self._layout.run[member])
        instance = self._instance(member, g)
        self.factors[:, g, r] = start(spec, instance)
        strengths = spec.regularization
        self.settings[:, g, r, 0] = spec.optimizer.learning_rate, strengths.l1, strengths.l2_squared
        self.thresholds[:, g, r] = spec.detect.train_threshold, spec.detect.test_threshold
        self.theory[member] = theory(spec, instance, self._spectra[g])

    def _instance(self, member: int, g: int) -> Instance:
        if g not in self._instances:
            spec = self._cells[member].spec
            instance = self._instances[g] = draw(spec)
            self._spectra[g] = spectrum(instance) if affordable(spec.problem) else None
            rows = len(instance.design)
            self.design[g, :rows] = instance.design
            self.targets[g, 0, :rows] = instance.targets
            self.truth[g, 0] = instance.true_parameters
        return self._instances[g]


def _divisor(norm: NDArray[np.float64]) -> NDArray[np.float64]:
    # An empty slot, or targets that are all zero, have nothing to compare with; errors are absolute then.
    return np.where(norm == 0.0, 1.0, norm)
