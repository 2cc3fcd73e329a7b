"""Other work between the flushes of a batch, another training included, changes none of its bits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.spec import Cell, expand, parse_spec
from core.training import Ending, Frame, Pace, Signal, train
from core.training.numerics import numerics
from tests.core.networks import MODULAR, TEACHER
from tests.core.training.memory import Memory, cells_of, run

EAGER = Pace(flush=0.0, poll=0.0)


def network(spec: dict[str, Any], **over: Any) -> list[Cell]:
    return expand(parse_spec({**spec, **over}))


LONG: dict[str, Callable[[], list[Cell]]] = {
    "sparse recovery": lambda: cells_of(steps=20_000, sweep={"seeds": {"count": 3}}),
    "modular arithmetic": lambda: network(MODULAR, steps=600, precision="float32"),
    "teacher and student": lambda: network(TEACHER, steps=600),
}
SHORT: dict[str, Callable[[], list[Cell]]] = {
    "sparse recovery": lambda: cells_of(steps=300, regularization={"l1": 1e-4}),
    "completion": lambda: cells_of(
        steps=100,
        problem={"kind": "matrix_completion", "rows": 6, "columns": 6, "rank": 1, "measurements": 20},
        regularization={"nuclear": 1e-3},
        rng="default",
    ),
    "modular arithmetic": lambda: network(MODULAR, steps=50),
}


def trained(cells: list[Cell], interlude: Callable[[], None]) -> Memory:
    memory = Memory()
    ending = train(
        cells,
        range(len(cells)),
        "cpu",
        recorder=memory,
        checkpoints=memory,
        control=memory,
        pace=EAGER,
        interlude=interlude,
    )
    assert ending is Ending.FINISHED
    return memory


@pytest.mark.parametrize("short", SHORT)
@pytest.mark.parametrize("long", LONG)
def test_a_training_within_another_changes_no_bit_of_either(long: str, short: str) -> None:
    inner: list[Memory] = []
    flushes = iter(range(100_000))

    def interlude() -> None:
        if next(flushes) in (1, 4, 9):
            inner.append(run(SHORT[short]())[0])

    mixed = trained(LONG[long](), interlude)
    assert len(inner) == 3
    for found, (calm, _) in [(mixed, run(LONG[long]())), (inner[-1], run(SHORT[short]()))]:
        assert found.results == calm.results
        for member in calm.results:
            assert np.array_equal(found.steps(member), calm.steps(member))
            for name in calm.frames[0].names:
                assert found.series(name, member).tobytes() == calm.series(name, member).tobytes()


def test_an_interlude_comes_when_everything_recorded_was_handed_over() -> None:
    told: list[int] = []
    polled: list[int] = []

    class Told(Memory):
        def write(self, frame: Frame) -> None:
            told.append(int(frame.steps[-1]))

        def poll(self, step: int) -> Signal:
            polled.append(step)
            return Signal(drain=step > 2000)

    seen: list[tuple[int, int]] = []
    memory = Told()
    ending = train(
        cells_of(steps=10**7, record={"first": 0, "per_decade": None, "every": 10}),
        [0],
        "cpu",
        recorder=memory,
        checkpoints=memory,
        control=memory,
        pace=EAGER,
        interlude=lambda: seen.append((told[-1], polled[-1])),
    )
    assert ending is Ending.DRAINED
    assert len(seen) > 1
    assert all(handed_over == step // 10 * 10 <= 2000 for handed_over, step in seen)


def switches() -> tuple[object, ...]:
    """Torch's, as they are; the last by its effect."""
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        torch.backends.cuda.matmul.fp32_precision,
        (torch.full((1,), 1e-40) * 0.5).item() == 0,
    )


@pytest.mark.parametrize("outer", [MODULAR, {**MODULAR, "precision": "float32", "allow_tf32": True}])
def test_switches_are_put_back_one_level_at_a_time(outer: dict[str, Any]) -> None:
    before = switches()
    with numerics(parse_spec(outer)):
        within = switches()
        assert within != before
        with numerics(cells_of()[0].spec):
            assert switches()[3] is False
        assert switches() == within
        with pytest.raises(KeyError), numerics(parse_spec(TEACHER)):
            raise KeyError
        assert switches() == within
    assert switches() == before
