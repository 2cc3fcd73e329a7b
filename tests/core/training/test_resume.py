"""Every problem, method and engine, killed at random steps and taken up again, gives the same bits."""

import random
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from core.spec import Cell, engine_of, plan
from core.training import Frame, Pace, Signal, saving
from core.training.linear.compiled import disabled
from core.training.state import unpack
from tests.core.networks import DIGITS, MODULAR, TEACHER, network_cells
from tests.core.training.breaking import assert_same, broken
from tests.core.training.memory import Memory, cells_of, interrupted, run
from tests.core.training.test_methods import COMPLETION, OWN, SENSING

STEPS = 260
SMALL = {"dimension": 24, "sparsity": 2, "measurements": 12}
PROBLEMS: dict[str, dict[str, Any]] = {
    "sparse": {"problem": SMALL},
    "fourier": {"problem": {**SMALL, "basis": "fourier"}},
    "completion": {"problem": COMPLETION, "regularization": {"nuclear": 1e-3}},
    "sensing": {"problem": SENSING, "regularization": {"nuclear": 1e-3}},
    "own data": {"problem": OWN},
}
METHODS = ("subgradient", "projected_subgradient", "proximal")
LINEAR: dict[str, dict[str, Any]] = {
    f"{name}, {method}": {**over, "optimizer": {"kind": method, "learning_rate": 0.05}}
    for name, over in PROBLEMS.items()
    for method in METHODS
}
LINEAR |= {
    "sparse, deep": {"problem": SMALL, "model": {"depth": 3, "init": {"kind": "constant", "scale": 0.3}}},
    "sensing, deep": {
        "problem": SENSING,
        "model": {"depth": 2, "init": {"kind": "normal", "scale": 0.5}},
        "optimizer": {"learning_rate": 0.02},
    },
    "sparse, float32": {"problem": SMALL, "precision": "float32"},
    "sparse, closed form": {
        "problem": SMALL,
        "regularization": {"l2_squared": 1e-3},
        "engine": "closed_form",
    },
    "completion, closed form": {
        "problem": COMPLETION,
        "regularization": {"l2_squared": 1e-3},
        "engine": "closed_form",
    },
    "sparse, exact jump": {
        "problem": SMALL,
        "optimizer": {"kind": "proximal", "learning_rate": 0.05},
        "engine": "exact_jump",
    },
    "completion, exact jump": {
        "problem": COMPLETION,
        "optimizer": {"kind": "proximal", "learning_rate": 0.2},
        "engine": "exact_jump",
    },
    "sparse, convex": {"problem": SMALL, "optimizer": {"kind": "convex"}},
    "completion, convex": {
        "problem": COMPLETION,
        "regularization": {"nuclear": 1e-2},
        "optimizer": {"kind": "convex"},
    },
}
ADAMW = {"kind": "adamw", "learning_rate": 1e-2, "weight_decay": 0.1}
MOMENTUM = {"kind": "sgd", "learning_rate": 2e-2, "momentum": 0.9}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"kind": "sgd", "learning_rate": 0.05},
    "momentum, minibatches": {**MOMENTUM, "batch_size": 7},
    "nesterov": {**MOMENTUM, "nesterov": True},
    "adam": {"kind": "adam", "learning_rate": 1e-2},
    "adam, cosine, minibatches": {
        "kind": "adam",
        "learning_rate": 1e-2,
        "schedule": {"kind": "cosine", "warmup_steps": 30},
        "batch_size": 9,
    },
    "adamw": ADAMW,
    "adamw, warm-up": {**ADAMW, "schedule": {"kind": "warmup", "warmup_steps": 40}},
}
BASES = {"modular": MODULAR, "teacher": TEACHER, "digits": DIGITS}
LEVELS = {"modular": (0.5, 0.12), "teacher": (1.0, 0.3), "digits": (0.3, 0.25)}
NETWORKS = [f"{base}, {optimizer}" for base in BASES for optimizer in OPTIMIZERS]


def linear(name: str, members: int) -> list[Cell]:
    """Runs of two designs that differ in rate; some end once they have generalised."""
    axes = [{"path": "/detect/test_threshold", "values": [0.3, 0.95][: members // 2 or 1]}]
    over = LINEAR[name]
    return cells_of(
        **{
            "rng": "default",
            "steps": STEPS,
            "regularization": {"l1": 1e-3},
            "optimizer": {"learning_rate": 0.05},
            "detect": {"train_threshold": 0.1},
            "stop": {"when_generalised": True},
            "record": {"first": 20, "parameters_per_decade": 5},
            **over,
            "sweep": {"axes": axes, "seeds": {"count": min(members, 2)}},
        }
    )


def network(name: str, members: int, refined: bool) -> list[Cell]:
    """Runs of two seeds that differ in what they count as generalised; some end then."""
    base, _, optimizer = name.partition(", ")
    train, test = LEVELS[base]
    levels = [{"train_threshold": train, "test_threshold": test}, {"train_threshold": 0.9}]
    return network_cells(
        {name: value for name, value in BASES[base].items() if name != "optimizer"},
        optimizer=OPTIMIZERS[optimizer],
        steps=STEPS // 2,
        precision="float32" if "adamw" in optimizer else "float64",
        record={"first": 4, "every": 20, "refine_crossings": refined},
        regularization={"l1": 1e-5},
        stop={"when_generalised": True, "patience_factor": 2.0},
        sweep={
            # A lone run is one that trains on: with five classes chance alone may count as generalised.
            "axes": [{"path": "/detect", "values": levels if members > 2 else levels[1:]}],
            "seeds": {"count": min(members, 2)},
        },
    )


def assert_unbroken(cells: list[Cell], seed: int, kills: int = 3) -> None:
    """Killed at random steps, the cells give the bits of an undisturbed training."""
    assert len(plan(cells)) == 1
    calm, _ = run(cells)
    steps = max(result.last_step for result in calm.results.values())
    chosen = random.Random(seed).sample(range(1, steps), min(kills, steps - 1))
    memory = broken(cells, chosen, seed)
    assert len(memory.resumed) == 1 + len(chosen)
    last = cells[0].spec.steps if engine_of(cells[0].spec) != "convex" else 1
    for member in range(len(cells)):
        assert_same(memory, calm, member, last)


@pytest.mark.parametrize("name", LINEAR)
def test_linear_batch_killed_at_random_steps(name: str) -> None:
    assert_unbroken(linear(name, 4), seed=len(name))


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("name", NETWORKS[::2])
def test_network_batch_killed_at_random_steps(name: str) -> None:
    assert_unbroken(network(name, 4, refined=False), seed=len(name))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("members", [1, 2, 4])
@pytest.mark.parametrize("way", ["compiled", "tensors"])
@pytest.mark.parametrize("name", LINEAR)
def test_linear_runs_killed_anywhere(name: str, way: str, members: int, seed: int) -> None:
    if way == "compiled":
        assert_unbroken(linear(name, members), seed, kills=6)
    else:
        with disabled():
            assert_unbroken(linear(name, members), seed, kills=6)


@pytest.mark.slow
@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("members", [1, 4])
@pytest.mark.parametrize("refined", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_killed_anywhere(name: str, refined: bool, members: int, seed: int) -> None:
    assert_unbroken(network(name, members, refined), seed, kills=6)


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the loop look up after every step, not at evaluations alone."""
    monkeypatch.setattr("core.training.network.program.GAP_WORK", 1.0)


@pytest.mark.parametrize("name", ["sparse, subgradient", "sparse, exact jump", "sparse, closed form"])
@pytest.mark.parametrize("compiler", [True, False])
def test_stopped_before_its_first_step(name: str, compiler: bool) -> None:
    """What was recorded of the start is not recorded again."""
    cells = linear(name, 4)
    with nullcontext() if compiler else disabled():
        calm, _ = run(cells)
        memory = interrupted(cells, [0])
        for member in range(len(cells)):
            assert_same(memory, calm, member, STEPS)


@pytest.mark.usefixtures("every_step")
def test_network_stopped_before_its_first_step() -> None:
    cells = network("modular, adam", 4, refined=True)
    calm, _ = run(cells)
    memory = interrupted(cells, [0])
    for member in range(len(cells)):
        assert_same(memory, calm, member, STEPS // 2)


class Noting(Memory):
    """Notes at which steps states came, and with which crossings."""

    def __init__(self, signal: Callable[[int], Signal] = lambda step: Signal()) -> None:
        super().__init__(signal=signal)
        self.saved: list[tuple[int, dict[int, dict[str, int]]]] = []

    def write(self, frame: Frame) -> None:
        super().write(frame)
        if frame.states:
            told = {member: dict(news) for member, news in frame.crossings.items()}
            self.saved.append((frame.step, told))


OFTEN = Pace(flush=0.0, checkpoint=3600.0, poll=0.0)


def golden(**over: Any) -> list[Cell]:
    return cells_of(**{"rng": "default", "steps": 100_000, "sweep": {"seeds": {"count": 3}}, **over})


def test_states_are_kept_with_the_hand_over_that_tells_a_crossing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "CROSSING_SECONDS", 0.0)
    monkeypatch.setattr(saving, "CROSSING_SHARE", 1e9)
    memory, _ = run(golden(), Noting(), pace=OFTEN)
    assert isinstance(memory, Noting)
    crossings = {
        at for found in memory.crossings.values() for name, at in found.items() if name != "diverged_at"
    }
    told = {at for _, news in memory.saved for found in news.values() for at in found.values()}
    assert len(crossings) == 3
    assert told == crossings


def test_crossings_that_follow_each_other_share_their_states() -> None:
    """Runs cross by turns: within some seconds no states but the last are kept."""
    memory, _ = run(golden(), Noting(), pace=OFTEN)
    assert isinstance(memory, Noting)
    assert memory.crossings
    assert [step for step, _ in memory.saved] == [100_000]


def test_the_last_state_of_all_is_kept_and_more_steps_go_on_from_it() -> None:
    sweep = {"seeds": {"count": 3}}
    short, long = (golden(steps=steps, sweep=sweep) for steps in (3000, 5000))
    memory, _ = run(short, Noting())
    assert {unpack(state).step for state in memory.states.values()} == {3000}
    assert set(memory.states) == {0, 1, 2}
    whole, _ = run(long)
    rest = Memory(states=memory.states)
    run(long, rest)
    for member in range(3):
        later = whole.steps(member) > 3000
        assert np.array_equal(rest.steps(member), whole.steps(member)[later])
        for metric in whole.frames[0].names:
            assert np.array_equal(rest.series(metric, member), whole.series(metric, member)[later])
        assert rest.results[member] == whole.results[member]


def test_who_ends_before_the_others_leaves_no_last_state() -> None:
    cells = linear("sparse, subgradient", 4)
    memory, _ = run(cells, Noting())
    early = {member for member, result in memory.results.items() if result.last_step < STEPS}
    assert set(memory.states) == set(range(4)) - early


def test_saving_is_slower_the_longer_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now = 100.0

        @classmethod
        def monotonic(cls) -> float:
            return cls.now

    monkeypatch.setattr(saving, "time", Clock)
    states = saving.Saving(usual=3600.0)
    states.crossed()
    assert not states.due(100.0 + saving.CROSSING_SECONDS - 0.1)
    assert states.due(100.0 + saving.CROSSING_SECONDS)
    Clock.now = 110.0
    states.saved(began=109.0)
    assert not states.due(1000.0)
    states.crossed()
    assert not states.due(110.0 + 1.0 / saving.CROSSING_SHARE - 0.1)
    assert states.due(110.0 + 1.0 / saving.CROSSING_SHARE)
    assert states.due(110.0 + 3600.0)
