"""Networks as they are usually trained: DataLoader, one-hot inputs, torch.nn and torch.optim."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from core.problems import NetworkInstance

Work = Callable[[], object]


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


def usual_pairs(instance: NetworkInstance) -> tuple[Work, Work]:
    """A step of modular addition on a batch of 2,048 pairs, and an evaluation of all pairs."""
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


def usual_teacher(instance: NetworkInstance) -> Work:
    """A full-batch step of a student."""
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
