"""The loss of networks and its gradient, written out."""

from typing import Protocol

import torch
from torch import Tensor

from core.models import Network


class Loss(Protocol):
    """A mean over the rows of a run."""

    def pull(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Its gradient in the outputs, of shape (B, N, C), which it may overwrite."""
        ...

    def rows(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each row. Shape (B, N)."""
        ...


class CrossEntropy:
    """-ln softmax(f)_y."""

    def pull(self, outputs: Tensor, targets: Tensor) -> Tensor:
        _, rows, classes = outputs.shape
        shares = torch.softmax(outputs, dim=-1)
        flat, first = shares.view(-1), torch.arange(0, shares.numel(), classes, device=shares.device)
        places = first + targets.reshape(-1)
        flat.index_copy_(0, places, flat.index_select(0, places) - 1.0)
        return shares.mul_(1.0 / rows)

    def rows(self, outputs: Tensor, targets: Tensor) -> Tensor:
        picked = torch.take_along_dim(outputs, targets.unsqueeze(-1), dim=-1).squeeze(-1)
        return torch.logsumexp(outputs, dim=-1) - picked


class SquaredError:
    """Mean of (f - y)^2 over the outputs."""

    def pull(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return outputs.sub_(targets).mul_(2.0 / (outputs.shape[1] * outputs.shape[2]))

    def rows(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square_().mean(dim=-1)


def loss_of(task: str) -> Loss:
    """The loss of a task."""
    return CrossEntropy() if task == "classification" else SquaredError()


def write_loss_gradient(network: Network, loss: Loss, inputs: Tensor, targets: Tensor) -> None:
    """Writes the gradient of the mean loss of each run into `network.gradient`."""
    network.backward(loss.pull(network.forward(inputs), targets))
