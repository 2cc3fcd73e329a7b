"""One step of a batch of networks: gradient of the loss, penalties, optimizer."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from core.models import Network, Perceptron, make_network
from core.spec import Cell, layers_of
from core.training.network.capture import Graphs
from core.training.network.data import NetworkData, Part
from core.training.network.objective import loss_of, write_loss_gradient
from core.training.network.optimizers import make_optimizer
from core.training.network.order import Order
from core.training.network.penalties import SobolevPenalty, norm_penalties


class Stepper:
    """The state of the runs and how it moves.

    Attributes:
        state: parameters and the optimizer's moments. Shape (1 + moments, B, P).
        network: the network, whose parameters are the first of the state.
    """

    def __init__(self, cells: Sequence[Cell], data: NetworkData) -> None:
        spec = cells[0].spec
        method, problem = spec.network_method, spec.network_problem
        self._data = data
        self._optimizer = make_optimizer(method, data.learning_rate, spec.steps)
        self.state = data.start.new_zeros(1 + self._optimizer.moments, *data.start.shape)
        self.state[0] = data.start
        self.network = make_network(spec.network_model, layers_of(spec), self.state[0])
        self.loss = loss_of(problem.task)
        self._norms = norm_penalties(spec, self.network, data)
        self._sobolev: SobolevPenalty | None = None
        if spec.regularization.derivative and isinstance(self.network, Perceptron):
            self._sobolev = SobolevPenalty(self.network, data)
        self._order: Order | None = None
        if method.batch_size is not None and method.batch_size < problem.train_rows:
            seeds = [cell.seed for cell in cells]
            self._order = Order(seeds, problem.train_rows, method.batch_size, data.start.device)
        # A decomposition asks the host for its success, which no graph can hold.
        captured = data.start.is_cuda and "nuclear" not in data.strengths
        self._take: Callable[[Tensor | None], None] = (
            Graphs(self.state, self._body) if captured else self._body
        )

    def step(self, step: int) -> None:
        """Takes the step with this number, which counts from 1."""
        self._optimizer.prepare(step)
        self._take(self._order.places(step) if self._order is not None else None)

    def write_loss_gradient(self) -> None:
        """Writes the gradient of the loss over all training data into `network.gradient`."""
        write_loss_gradient(self.network, self.loss, self._data.train.inputs, self._data.train.targets)

    def penalty_gradient(self) -> Tensor:
        """The gradient of all penalties, derivatives over all training data. Shape (B, P)."""
        self.network.gradient.zero_()
        self._add_penalties(self._data.train)
        return self.network.gradient.clone()

    def _body(self, places: Tensor | None) -> None:
        part = self._data.train if places is None else _select(self.network, self._data.train, places)
        write_loss_gradient(self.network, self.loss, part.inputs, part.targets)
        self._add_penalties(part)
        self._optimizer.move(self.state[0], self.network.gradient, self.state[1:])

    def _add_penalties(self, part: Part) -> None:
        for add in self._norms:
            add(self.network.gradients)
        if self._sobolev is not None:
            self._sobolev.add(self.network.gradients, part)


def _select(network: Network, part: Part, places: Tensor) -> Part:
    chosen = replace(
        part,
        inputs=network.select(part.inputs, places),
        targets=_rows(part.targets, places),
    )
    if part.jacobian is not None:
        chosen = replace(chosen, jacobian=_rows(part.jacobian, places))
    if part.hessian is not None:
        chosen = replace(chosen, hessian=_rows(part.hessian, places))
    return chosen


def _rows(array: Tensor, places: Tensor) -> Tensor:
    """array[b, places[b]] of each run b."""
    runs = torch.arange(len(places), device=places.device).unsqueeze(1)
    return array[runs, places]
