"""Networks beside the usual trainer: DataLoader, one-hot inputs, torch.nn and torch.optim, one thread."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from bench.table import Row
from core.problems import NetworkInstance, draw_network
from core.spec import ExperimentSpec, expand, parse_spec
from core.training.network.data import load_networks
from core.training.network.evaluation import make_evaluator
from core.training.network.stepper import Stepper

ROUNDS, CALLS = 5, 20
MODULAR: dict[str, Any] = {
    "problem": {"kind": "modular_arithmetic"},
    "model": {"kind": "encoder_decoder"},
    "regularization": {"l2": 1e-6},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3, "betas": [0.9, 0.99], "batch_size": 2048},
    "steps": 10_000,
}
TEACHER: dict[str, Any] = {
    "problem": {"kind": "teacher_student"},
    "model": {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}},
    "regularization": {"l1": 1e-3},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
    "steps": 10_000,
}
Work = Callable[[], object]


def rows() -> Iterator[Row]:
    """One row a kind of work: ours over the usual trainer, so that less is better."""
    torch.set_num_threads(1)
    modular, teacher = parse_spec(MODULAR), parse_spec(TEACHER)
    (step, look), (usual_step, usual_look) = _ours(modular), _usual_pairs(draw_network(modular))
    yield _row("p = 97: step of 2,048", step, usual_step, "at most 1/3")
    yield _row("p = 97: evaluation of all pairs", look, usual_look, "at most 1/6")
    yield _row(
        "teacher-student: step", _ours(teacher)[0], _usual_teacher(draw_network(teacher)), "at most 1/2"
    )


def _row(name: str, ours: Work, usual: Work, bar: str) -> Row:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        # Side by side, so that other work on the machine slows both.
        times[0].append(_milliseconds(ours))
        times[1].append(_milliseconds(usual))
    a, b = (statistics.median(part) for part in times)
    return Row(name, f"{a:.2f} ms", f"usual trainer {b:.2f} ms", a / b, bar)


def _milliseconds(work: Work) -> float:
    found = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return statistics.median(found) * 1e3


def _ours(spec: ExperimentSpec) -> tuple[Work, Work]:
    cells = expand(spec)
    data = load_networks(cells, [0], torch.device("cpu"), lambda: None, derivatives=False)
    stepper = Stepper(cells, data)
    classes = spec.network_problem.task == "classification"
    evaluator = make_evaluator(stepper.network, stepper.loss, data, classes)
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        stepper.step(taken)

    return step, evaluator.scores


class _Pairs(nn.Module):
    def __init__(self, p: int = 97, width: int = 64) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(p, width, bias=False), nn.Linear(p, width, bias=False)
        self.decoder = nn.Sequential(
            nn.Linear(width, width, bias=False), nn.ReLU(), nn.Linear(width, p, bias=False)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        left, right = (
            layer(inputs[:, place]).view(-1, 8, 8) for place, layer in enumerate((self.first, self.second))
        )
        outputs: Tensor = self.decoder((left @ right).flatten(1))
        return outputs


def _usual_pairs(instance: NetworkInstance) -> tuple[Work, Work]:
    model, test = _Pairs(), instance.test
    assert test is not None, "modular tables have test pairs"
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, betas=(0.9, 0.99))
    data = []
    for part in (instance.train, test):
        inputs = nn.functional.one_hot(torch.from_numpy(part.inputs), 97).float()
        data.append(TensorDataset(inputs, torch.from_numpy(part.targets)))
    batches = _endless(DataLoader(data[0], batch_size=2048, shuffle=True, drop_last=True))

    def step() -> None:
        inputs, targets = next(batches)
        loss = nn.functional.cross_entropy(model(inputs), targets)
        for weight in model.parameters():
            loss = loss + 1e-6 * weight.norm()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def look() -> None:
        with torch.no_grad():
            for part in data:
                for inputs, targets in DataLoader(part, batch_size=2048):
                    outputs = model(inputs)
                    nn.functional.cross_entropy(outputs, targets).item()
                    (outputs.argmax(-1) == targets).sum().item()

    return step, look


def _usual_teacher(instance: NetworkInstance) -> Work:
    model = nn.Sequential(nn.Linear(100, 500, bias=False), nn.ReLU(), nn.Linear(500, 2, bias=False))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    arrays = (instance.train.inputs, instance.train.targets)
    data = TensorDataset(*(torch.from_numpy(array).float() for array in arrays))
    batches = _endless(DataLoader(data, batch_size=100, shuffle=True))

    def step() -> None:
        inputs, targets = next(batches)
        loss = nn.functional.mse_loss(model(inputs), targets)
        for weight in model.parameters():
            loss = loss + 1e-3 * weight.abs().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def _endless(loader: DataLoader[tuple[Tensor, ...]]) -> Iterator[list[Tensor]]:
    while True:
        yield from loader
