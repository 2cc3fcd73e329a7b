"""The recorded metrics of networks, computed from one snapshot of their parameters."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models import Perceptron
from core.spec import slices, split_name
from core.spec.network_size import BLOCK_NUMBERS
from core.training.network.data import NetworkData, Part
from core.training.network.evaluation import Evaluator, Score
from core.training.network.stepper import Stepper
from core.training.norms import effective_rank, l0_norm, norm
from core.training.spectral import singular_values


class Snapshot:
    """What metrics have in common, computed once and only when one asks for it. Metrics have shape (B,)."""

    def __init__(self, stepper: Stepper, data: NetworkData, evaluator: Evaluator) -> None:
        self.stepper, self.data, self._evaluator = stepper, data, evaluator
        self.network = stepper.network
        self._places = slices(self.network.layers)
        self._singular: dict[str, Tensor] = {}

    @cached_property
    def scores(self) -> tuple[Score, Score | None]:
        """On training and test data."""
        return self._evaluator.scores()

    @property
    def train(self) -> Score:
        return self.scores[0]

    @property
    def test(self) -> Score:
        score = self.scores[1]
        assert score is not None, "metrics of test data are not chosen without any"
        return score

    @cached_property
    def gradients(self) -> tuple[Tensor, Tensor]:
        """Of the loss and of the penalties, over all training data. Shapes (B, P)."""
        penalty = self.stepper.penalty_gradient()
        self.stepper.write_loss_gradient()
        return self.network.gradient.clone(), penalty

    @cached_property
    def moved(self) -> Tensor:
        """theta - theta_0. Shape (B, P)."""
        return self.network.parameters - self.data.start

    def part(self, flat: Tensor, layer: str | None) -> Tensor:
        """The numbers of a layer, or all. Shape (B, ...)."""
        return flat if layer is None else flat[:, self._places[layer]]

    def values(self, layer: str | None) -> Tensor:
        """The parameters of a layer, or all. Shape (B, ...)."""
        return self.part(self.network.parameters, layer)

    def singular(self, layer: str) -> Tensor:
        """Singular values of a weight. Shape (B, min(n1, n2))."""
        if layer not in self._singular:
            self._singular[layer] = singular_values(self.network.arrays[layer])
        return self._singular[layer]

    def over_weights(self, layer: str | None, measure: Callable[[Tensor, int], Tensor]) -> Tensor:
        """The sum over the weights, or that of one, of what singular values and the larger side say."""
        weights = [one for one in self.network.layers if one.weight and layer in (None, one.name)]
        return torch.stack([measure(self.singular(one.name), max(one.shape)) for one in weights]).sum(0)


class NetworkMeter:
    """See core.training.records.Meter."""

    def __init__(self, stepper: Stepper, data: NetworkData, evaluator: Evaluator) -> None:
        self._parts = stepper, data, evaluator
        self.current = self.fresh()

    def snapshot(self, step: int) -> None:
        self.current = self.fresh()

    def fresh(self) -> Snapshot:
        """A snapshot of the parameters as they are now."""
        return Snapshot(*self._parts)

    def measure(self, names: tuple[str, ...], out: Tensor) -> None:
        for place, name in enumerate(names):
            base, layer = split_name(name)
            out[place, 0] = _METRICS[base](self.current, layer)

    def measure_vector(self, name: str, out: Tensor) -> None:
        _, layer = split_name(name)
        out[0] = self.current.network.parameters if layer is None else self.current.singular(layer)

    def split(
        self, name: str, rows: NDArray[np.float64]
    ) -> list[tuple[str, tuple[int, ...], NDArray[np.float64]]]:
        return [(name, rows.shape[2:], rows)]


Measure = Callable[[Snapshot, str | None], Tensor]


def _r2(score: Score, part: Part) -> Tensor:
    targets = part.targets.double()
    spread = (targets - targets.mean(1, keepdim=True)).square().mean((1, 2))
    return 1.0 - score.loss / spread


def _test_part(s: Snapshot) -> Part:
    assert s.data.test is not None, "metrics of test data are not chosen without any"
    return s.data.test


def _baseline(place: int) -> Measure:
    return lambda s, _: torch.from_numpy(s.data.baselines[place]).to(s.data.start.device)


def _rank(singular: Tensor, side: int) -> Tensor:
    bound = side * torch.finfo(singular.dtype).eps * singular[..., :1]
    return (singular > bound).sum(-1) + 0.0 * singular.sum(-1)


def _angle(s: Snapshot, _: str | None) -> Tensor:
    loss, penalty = (gradient.double() for gradient in s.gradients)
    cosine = (loss * penalty).sum(-1) / (norm(loss) * norm(penalty))
    return torch.arccos(cosine.clamp(-1.0, 1.0))


def _fourier(s: Snapshot, _: str | None) -> Tensor:
    best, total = s.data.start.new_zeros(2, len(s.data.start))
    for layer in s.network.layers:
        if layer.embedding:
            p = layer.shape[0]
            power = torch.fft.rfft(s.network.arrays[layer.name], dim=1)[:, 1:].abs().square()
            if p % 2 == 0:
                # The wave of the shortest period has no partner of negative frequency.
                power[:, -1] *= 0.5
            best, total = best + power.amax(1).sum(-1), total + power.sum((1, 2))
    share: Tensor = best / total
    return share


def _jacobian_distance(s: Snapshot, _: str | None) -> Tensor:
    test, network = _test_part(s), s.network
    assert isinstance(network, Perceptron), "only perceptrons have teachers"
    assert test.jacobian is not None, "test data have Jacobians where this is asked for"
    chain = network.chain
    runs, rows, outputs = test.jacobian.shape[:3]
    block = max(1, BLOCK_NUMBERS // (runs * outputs * max(max(layer.shape) for layer in network.layers)))
    squares = torch.zeros(runs, dtype=torch.float64, device=test.jacobian.device)
    for low in range(0, rows, block):
        inputs, wanted = test.inputs[:, low : low + block], test.jacobian[:, low : low + block]
        gap = chain.jacobian(chain.sums(inputs), inputs.shape[1]) - wanted
        squares += gap.square_().sum((1, 2, 3), dtype=torch.float64)
    return squares.sqrt() / norm(test.jacobian.flatten(1))


_METRICS: dict[str, Measure] = {
    "train_loss": lambda s, _: s.train.loss,
    "test_loss": lambda s, _: s.test.loss,
    "train_accuracy": lambda s, _: s.train.accuracy,
    "test_accuracy": lambda s, _: s.test.accuracy,
    "train_r2": lambda s, _: _r2(s.train, s.data.train),
    "test_r2": lambda s, _: _r2(s.test, _test_part(s)),
    "zero_baseline": _baseline(0),
    "mean_baseline": _baseline(1),
    "ridge_baseline": _baseline(2),
    "teacher_distance": lambda s, _: (s.test.loss / _baseline(0)(s, _)).sqrt(),
    "jacobian_distance": _jacobian_distance,
    "l0_norm": lambda s, layer: l0_norm(s.values(layer)),
    "l1_norm": lambda s, layer: s.values(layer).abs().sum(-1),
    "l2_norm": lambda s, layer: norm(s.values(layer)),
    "nuclear_norm": lambda s, layer: s.over_weights(layer, lambda singular, _: singular.sum(-1)),
    "rank": lambda s, layer: s.over_weights(layer, _rank),
    "effective_rank": lambda s, layer: s.over_weights(layer, lambda singular, _: effective_rank(singular)),
    "distance_from_start": lambda s, layer: norm(s.part(s.moved, layer)),
    "fourier_concentration": _fourier,
    "gradient_norm": lambda s, _: norm(s.gradients[0]),
    "penalty_gradient_norm": lambda s, _: norm(s.gradients[1]),
    "gradient_ratio": lambda s, _: norm(s.gradients[1]) / norm(s.gradients[0]),
    "gradient_angle": _angle,
}
