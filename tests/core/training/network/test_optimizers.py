"""Optimizers and their schedules are those of torch, with a learning rate for each run."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.spec.method import NetworkMethod
from core.spec.network_method import Adam, ConstantRate, Cosine, Sgd, WarmUp
from core.training.network.optimizers import make_optimizer, rate_factor

STEPS, NUMBERS = 50, 7
RATES = [1e-3, 0.02, 0.3]
RANDOM = torch.Generator().manual_seed(4)
FORCES = torch.randn(STEPS, len(RATES), NUMBERS, dtype=torch.float64, generator=RANDOM)
START = torch.randn(len(RATES), NUMBERS, dtype=torch.float64, generator=RANDOM)
Reference = Callable[[list[Tensor], float], torch.optim.Optimizer]


def _slope(parameters: Tensor, force: Tensor) -> Tensor:
    """Of a well that is pushed about."""
    return 0.5 * parameters + force


def _moved(method: NetworkMethod, steps: int = STEPS) -> Tensor:
    optimizer = make_optimizer(method, torch.tensor(RATES, dtype=torch.float64).unsqueeze(1), steps)
    parameters = START.clone()
    moments = parameters.new_zeros(optimizer.moments, *parameters.shape)
    for step in range(1, STEPS + 1):
        optimizer.prepare(step)
        optimizer.move(parameters, _slope(parameters, FORCES[step - 1]), moments)
    return parameters


def _of_torch(reference: Reference, factor: Callable[[int], float] = lambda step: 1.0) -> Tensor:
    found = []
    for run, rate in enumerate(RATES):
        parameters = START[run].clone().requires_grad_()
        optimizer = reference([parameters], rate)
        for step in range(1, STEPS + 1):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor(step)
            parameters.grad = _slope(parameters.detach(), FORCES[step - 1, run])
            optimizer.step()
        found.append(parameters.detach())
    return torch.stack(found)


def _sgd(**over: Any) -> tuple[NetworkMethod, Reference]:
    method = Sgd(kind="sgd", learning_rate=1.0, **over)
    return method, lambda parameters, rate: torch.optim.SGD(parameters, rate, **over)


def _adam(kind: str, **over: Any) -> tuple[NetworkMethod, Reference]:
    method = Adam.model_validate({"kind": kind, "learning_rate": 1.0, **over})
    take = torch.optim.AdamW if kind == "adamw" else torch.optim.Adam
    return method, lambda parameters, rate: take(parameters, rate, **{"weight_decay": 0.0, **over})


METHODS: dict[str, tuple[NetworkMethod, Reference]] = {
    "sgd": _sgd(),
    "momentum": _sgd(momentum=0.9),
    "nesterov": _sgd(momentum=0.8, nesterov=True),
    "adam": _adam("adam"),
    "adam, other betas": _adam("adam", betas=(0.8, 0.95), eps=1e-3),
    "adam, no memory": _adam("adam", betas=(0.0, 0.0), eps=1e-2),
    "adam, eps 0": _adam("adam", eps=0.0),
    "adam, weight decay": _adam("adam", weight_decay=0.3),
    "adamw": _adam("adamw", weight_decay=0.3, betas=(0.9, 0.99)),
    "adamw, no decay": _adam("adamw"),
}


@pytest.mark.parametrize("name", METHODS)
def test_steps_are_those_of_torch(name: str) -> None:
    method, reference = METHODS[name]
    assert _moved(method).numpy() == pytest.approx(_of_torch(reference).numpy(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adam", "adamw"])
@pytest.mark.parametrize(
    "schedule",
    [WarmUp(kind="warmup", warmup_steps=20), Cosine(kind="cosine", warmup_steps=10, final_fraction=0.1)],
    ids=["warmup", "cosine"],
)
def test_a_schedule_sets_the_rate_of_every_step(name: str, schedule: WarmUp | Cosine) -> None:
    method, reference = METHODS[name]
    scheduled = method.model_copy(update={"schedule": schedule})
    expected = _of_torch(reference, lambda step: rate_factor(schedule, step, STEPS))
    assert _moved(scheduled).numpy() == pytest.approx(expected.numpy(), rel=1e-12, abs=1e-12)
    assert not np.allclose(_moved(scheduled).numpy(), _moved(method).numpy(), rtol=1e-3)


def _rates_of_torch(
    make: Callable[[torch.optim.Optimizer], torch.optim.lr_scheduler.LRScheduler],
) -> list[float]:
    """Factors of the rate of steps 1 to STEPS."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule, found = make(optimizer), []
    for _ in range(STEPS):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return found


def test_warm_up_rises_linearly_to_the_full_rate() -> None:
    schedule = WarmUp(kind="warmup", warmup_steps=20)
    found = [rate_factor(schedule, step, STEPS) for step in range(1, STEPS + 1)]
    linear = _rates_of_torch(
        lambda optimizer: torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 20, total_iters=19)
    )
    assert found == pytest.approx(linear, rel=1e-12)
    assert (found[0], found[18]) == (1 / 20, 19 / 20)
    assert found[19:] == [1.0] * 31


def test_cosine_falls_from_the_full_rate_to_its_share() -> None:
    """That of torch starts one step earlier: its first step has the full rate, its last not the least."""
    schedule = Cosine(kind="cosine", final_fraction=0.1)
    found = [rate_factor(schedule, step, STEPS) for step in range(1, STEPS + 1)]
    half = _rates_of_torch(
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS, eta_min=0.1)
    )
    assert half[0] == 1.0
    assert found[:-1] == pytest.approx(half[1:], rel=1e-12)
    assert found[-1] == 0.1
    assert rate_factor(schedule, STEPS // 2, STEPS) == pytest.approx(0.55, rel=1e-15)


def test_cosine_begins_after_its_warm_up() -> None:
    schedule = Cosine(kind="cosine", warmup_steps=10)
    found = [rate_factor(schedule, step, STEPS) for step in range(1, STEPS + 1)]
    assert found[:10] == [step / 10 for step in range(1, 11)]
    assert found[10] == 0.5 * (1 + math.cos(math.pi / 40))
    assert found[29] == pytest.approx(0.5, rel=1e-15)
    assert found[-1] == 0.0
    assert all(a > b for a, b in pairwise(found[9:]))


def test_a_constant_rate_is_the_rate() -> None:
    assert {rate_factor(ConstantRate(kind="constant"), step, 9) for step in range(1, 10)} == {1.0}


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
@pytest.mark.parametrize("eps", [0.0, 1e-8])
@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_a_gradient_of_zero_moves_nothing(kind: str, eps: float, precision: torch.dtype) -> None:
    """Without eps the step is 0/0, of which the limit of small eps is 0."""
    method, _ = _adam(kind, eps=eps)
    optimizer = make_optimizer(method, torch.full((1, 1), 0.1, dtype=precision), STEPS)
    parameters = torch.tensor([[1.0, -2.0]], dtype=precision)
    moments = parameters.new_zeros(2, 1, 2)
    for step in range(1, STEPS + 1):
        optimizer.prepare(step)
        optimizer.move(parameters, torch.tensor([[0.0, 3.0]], dtype=precision), moments)
    assert parameters[0, 0] == 1.0
    # Each step of a constant gradient is as long as the rate.
    assert parameters[0, 1].item() == pytest.approx(-2.0 - 0.1 * STEPS, rel=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("eps", [0.0, 1e-8])
def test_a_gradient_that_is_no_number_shows(eps: float, bad: float) -> None:
    optimizer = make_optimizer(_adam("adam", eps=eps)[0], torch.full((1, 1), 0.1), STEPS)
    parameters = torch.ones(1, 1)
    optimizer.prepare(1)
    optimizer.move(parameters, torch.full((1, 1), bad), torch.zeros(2, 1, 1))
    assert parameters.isnan().all()


def _one_step(method: NetworkMethod, gradient: Tensor) -> Tensor:
    """Where a step of this gradient in float32 takes ones."""
    optimizer = make_optimizer(method, torch.full((1, 1), 0.1), STEPS)
    parameters = torch.ones(1, gradient.numel())
    moments = parameters.new_zeros(optimizer.moments, *parameters.shape)
    optimizer.prepare(1)
    optimizer.move(parameters, gradient.clone().unsqueeze(0), moments)
    return parameters[0]


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_a_decay_beyond_float32_makes_a_run_diverge_and_raises_nothing(kind: str) -> None:
    method = Adam.model_validate({"kind": kind, "learning_rate": 1.0, "weight_decay": 1e100})
    assert not torch.isfinite(_one_step(method, torch.ones(2))).any()


def test_an_eps_below_float32_is_none() -> None:
    method = Adam(kind="adam", learning_rate=1.0, eps=1e-50)
    assert _one_step(method, torch.tensor([0.0, 3.0])).tolist() == pytest.approx([1.0, 0.9])
