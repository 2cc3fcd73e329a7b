"""Instances become tensors: maps, targets and per-run settings of a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models import DenseMap, Map
from core.problems import Facts, draw, start, theory
from core.problems.operators import Numbers
from core.spec import Cell, ExperimentSpec, GradientMethod, design_key, parameter_count
from core.training.layout import Layout
from core.training.linear.stacking import stack, stack_tests


@dataclass(frozen=True, slots=True)
class BatchData:
    """What the runs of a batch are trained on.

    Slots that are not trained hold zeros (and ones where they divide), which stay what they are.

    Attributes:
        map: the maps X with their targets y.
        truth: a*, flat, where it is known. Shape (G, 1, n).
        held_out: the maps and targets of test data, where a* is not known.
        target_norm, test_norm: ||y||, and ||a*|| or the norm of the test targets. Shape (G, 1).
        state: start. Shape (G, R, P).
        learning_rate, l1, l2_squared, nuclear: alpha, beta_1, beta_2, beta_*. Shape (G, R, 1).
        thresholds: of train and test error. Shape (2, G, R).
        facts: the instance of each trained design, with what theory says of it.
        theory: predictions for each trained member.
    """

    map: Map
    truth: Tensor | None
    held_out: DenseMap | None
    target_norm: Tensor
    test_norm: Tensor
    state: Tensor
    learning_rate: Tensor
    l1: Tensor
    l2_squared: Tensor
    nuclear: Tensor
    thresholds: Tensor
    facts: dict[int, Facts]
    theory: dict[int, dict[str, Any]]


def load(
    cells: Sequence[Cell],
    layout: Layout,
    device: torch.device,
    attend: Callable[[], None],
    drawn: Mapping[str, Facts],
) -> BatchData:
    """Draws the instances of the trained members that are not `drawn` yet, and lays all out.

    `attend` is called before each: many large instances take their time, and it may give up by raising.
    """
    spec = cells[0].spec
    host = _HostArrays(cells, layout, drawn)
    for member in layout.active:
        attend()
        host.fill(member)
    to = _Device(device, spec)
    instances = [host.facts[g].instance if g in host.facts else None for g in range(layout.groups)]
    rates = to.real(host.settings)
    return BatchData(
        map=stack(cells, instances, layout.runs, to.numbers),
        truth=to.numbers(host.truth) if spec.linear_problem.test == "truth" else None,
        held_out=stack_tests(cells, [it.held_out if it else None for it in instances], to.numbers),
        target_norm=to.real(_divisor(host.norms[0])),
        test_norm=to.real(_divisor(host.norms[1])),
        state=to.numbers(host.state),
        learning_rate=rates[0],
        l1=rates[1],
        l2_squared=rates[2],
        nuclear=rates[3],
        thresholds=to.real(host.thresholds),
        facts=host.facts,
        theory=host.theory,
    )


class _Device:
    """Where tensors go, and in which precision."""

    def __init__(self, device: torch.device, spec: ExperimentSpec) -> None:
        self._device = device
        self._real = torch.float64 if spec.precision == "float64" else torch.float32

    def real(self, array: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(array).to(device=self._device, dtype=self._real)

    def numbers(self, array: Numbers) -> Tensor:
        """The array as a tensor; complex where it is complex."""
        if np.iscomplexobj(array):
            return torch.from_numpy(array).to(device=self._device, dtype=self._real.to_complex())
        return self.real(array)


class _HostArrays:
    """The batch on the host, filled member by member; each design is drawn and decomposed once."""

    def __init__(self, cells: Sequence[Cell], layout: Layout, drawn: Mapping[str, Facts]) -> None:
        one = cells[0].spec
        groups, runs = layout.groups, layout.runs
        dtype = np.complex128 if one.linear_problem.complex else np.float64
        self._cells, self._layout, self._drawn = cells, layout, drawn
        self.truth = np.zeros((groups, 1, int(np.prod(one.linear_problem.shape))), dtype=dtype)
        self.norms = np.zeros((2, groups, 1))
        self.state = np.zeros((groups, runs, parameter_count(one)), dtype=dtype)
        self.settings = np.zeros((4, groups, runs, 1))
        self.thresholds = np.zeros((2, groups, runs))
        self.facts: dict[int, Facts] = {}
        self.theory: dict[int, dict[str, Any]] = {}

    def fill(self, member: int) -> None:
        spec = self._cells[member].spec
        g, r = int(self._layout.group[member]), int(self._layout.run[member])
        facts = self._facts(spec, g)
        self.state[g, r] = np.concatenate([factor.ravel() for factor in start(spec, facts.instance)])
        rate = spec.optimizer.learning_rate if isinstance(spec.optimizer, GradientMethod) else 0.0
        strengths = spec.regularization
        self.settings[:, g, r, 0] = rate, strengths.l1, strengths.l2_squared, strengths.nuclear
        self.thresholds[:, g, r] = spec.detect.levels
        self.theory[member] = theory(spec, facts)

    def _facts(self, spec: ExperimentSpec, g: int) -> Facts:
        if g not in self.facts:
            self.facts[g] = self._drawn.get(design_key(spec)) or Facts(draw(spec))
            instance = self.facts[g].instance
            self.norms[0, g] = np.linalg.norm(instance.targets)
            if instance.true_parameters is not None:
                self.truth[g, 0] = instance.true_parameters.ravel()
                self.norms[1, g] = np.linalg.norm(instance.true_parameters)
            elif instance.held_out is not None:
                self.norms[1, g] = np.linalg.norm(instance.held_out.targets)
        return self.facts[g]


def _divisor(norm: NDArray[np.float64]) -> NDArray[np.float64]:
    # An empty slot, or targets that are all zero, have nothing to compare with; errors are absolute then.
    return np.where(norm == 0.0, 1.0, norm)
