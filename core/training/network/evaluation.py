"""Loss and accuracy of networks on training and test data, without gradients and in blocks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from core.models import Network, PairNetwork, Perceptron
from core.spec.network_size import BLOCK_NUMBERS
from core.training.network.data import NetworkData, Part
from core.training.network.objective import Loss


@dataclass(frozen=True, slots=True)
class Score:
    """How B runs do on a part of the data, in float64.

    Attributes:
        loss: shape (B,).
        accuracy: of classes, else zero. Shape (B,).
    """

    loss: Tensor
    accuracy: Tensor


class Evaluator(Protocol):
    """Scores the current parameters."""

    def scores(self) -> tuple[Score, Score | None]:
        """On training and on test data."""
        ...


class RowsEvaluator:
    """A network of numbers, row after row."""

    def __init__(self, network: Perceptron, loss: Loss, data: NetworkData, classes: bool) -> None:
        self._network, self._loss, self._data, self._classes = network, loss, data, classes
        widest = max(max(layer.shape) for layer in network.layers)
        self._block = max(1, BLOCK_NUMBERS // (widest * len(data.start)))

    def scores(self) -> tuple[Score, Score | None]:
        test = self._data.test
        return self._score(self._data.train), self._score(test) if test is not None else None

    def _score(self, part: Part) -> Score:
        total = torch.zeros(2, len(part.targets), dtype=torch.float64, device=part.targets.device)
        for low in range(0, part.rows, self._block):
            high = min(low + self._block, part.rows)
            targets = part.targets[:, low:high]
            outputs = self._network.outputs(part.inputs[:, low:high])
            total[0] += self._loss.rows(outputs, targets).sum(1, dtype=torch.float64)
            if self._classes:
                picked, others = _set_apart(outputs, targets.unsqueeze(-1), -1)
                total[1] += (picked > others).sum((1, 2))
        total /= part.rows
        return Score(total[0], total[1])


class TableEvaluator:
    """All pairs of a modular table at once: no pair is looked up, the first layer is one product a number."""

    def __init__(self, network: PairNetwork, data: NetworkData) -> None:
        self._network = network
        p, runs = network.modulus, len(data.start)
        self._labels = torch.zeros(runs, p * p, dtype=torch.int64, device=data.start.device)
        parts: Sequence[Part] = [data.train] if data.test is None else [data.train, data.test]
        self._inside = torch.zeros(len(parts), runs, p * p, dtype=torch.bool, device=data.start.device)
        self._rows = [part.rows for part in parts]
        offset = torch.arange(runs, device=data.start.device).unsqueeze(1) * p
        for place, part in enumerate(parts):
            first, second = part.inputs - offset
            self._labels.scatter_(1, first * p + second, part.targets)
            self._inside[place].scatter_(1, first * p + second, True)
        hidden, width = network.dense.weights[0].shape[1:]
        self._block = max(1, BLOCK_NUMBERS // max(p * p, p * hidden, hidden * width))

    def scores(self) -> tuple[Score, Score | None]:
        losses, hits = zip(*(self._run(run) for run in range(len(self._labels))), strict=True)
        # A loss that is no number counts where its pair belongs, and nowhere else.
        loss = torch.where(self._inside, torch.stack(losses), 0.0).sum(-1, dtype=torch.float64)
        hit = (self._inside & torch.stack(hits)).sum(-1, dtype=torch.float64)
        found = [
            Score(*(total / rows for total in pair))
            for *pair, rows in zip(loss, hit, self._rows, strict=True)
        ]
        return found[0], found[1] if len(found) > 1 else None

    def _run(self, run: int) -> tuple[Tensor, Tensor]:
        """Loss and whether the class has the largest output, of all pairs. Shapes (p p,)."""
        p = self._network.modulus
        losses, hits = [], []
        for low in range(0, p, self._block):
            high = min(low + self._block, p)
            outputs = self._network.dense.columns(self._network.first_sums(run, low, high), run)  # (k, C, p)
            labels = self._labels[run, low * p : high * p].view(-1, 1, p)
            picked, others = _set_apart(outputs, labels, 1)  # (k, 1, p)
            hits.append((picked > others).view(-1))
            largest = torch.maximum(picked, others)
            total = outputs.sub_(largest).exp_().sum(1, keepdim=True).add_((picked - largest).exp_())
            losses.append(total.log_().add_(largest).sub_(picked).view(-1))
        return torch.cat(losses), torch.cat(hits)


def _set_apart(outputs: Tensor, labels: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The outputs of the classes and the largest of all others; the former become -inf in `outputs`.

    Equal outputs, as a network without any life in it gives, are no hit: a class must stand out.
    """
    picked = outputs.gather(dim, labels)
    return picked, outputs.scatter_(dim, labels, -math.inf).amax(dim, keepdim=True)


def make_evaluator(network: Network, loss: Loss, data: NetworkData, classes: bool) -> Evaluator:
    """The fastest evaluator for a network."""
    match network:
        case PairNetwork():
            return TableEvaluator(network, data)
        case Perceptron():
            return RowsEvaluator(network, loss, data, classes)
        case _:
            raise TypeError(f"no evaluator for {type(network).__name__}")
