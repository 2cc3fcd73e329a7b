"""The event-driven engine over 1e8 steps, beside a plain loop extrapolated from 1e6."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.machine import Machine
from bench.plain import plain_loop
from bench.ports import Nowhere, train_batch
from bench.race import Window, check_agreement
from bench.table import Bar, Found, LeftOut, Row
from core.spec import SpecInvalid, expand, parse_spec

WORK = "event-driven, 1e8 proximal steps, beta 1e-6"
STEPS, ROUNDS = 10**8, 5
# Adding the same small numbers over and over, the loop is off by 1e-13 after so many steps, and by ten times
# that after ten times as many: the jumps are nearer to the exact iterates than it is.
CHECKED, EXTRAPOLATED = Window(0, 2 * 10**5, 1e-12), 10**6
SPEC: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30},
    "model": {"kind": "linear", "depth": 1, "init": {"kind": "constant", "scale": 1e-6}},
    "regularization": {"l1": 1e-6},
    "optimizer": {"kind": "proximal", "learning_rate": 0.1},
    "rng": "numpy-legacy",
    "seed": 1,
    "engine": "exact_jump",
}


def rows(machine: Machine) -> Iterator[Found]:
    """One row, set-up of the engine included. Raises Disagreement where the engine is off."""
    try:
        cells = expand(parse_spec({**SPEC, "steps": STEPS}))
    except SpecInvalid as refusal:
        yield LeftOut(WORK, f"the spec is refused, {refusal}")
        return
    short, port = expand(parse_spec({**SPEC, "steps": CHECKED.end})), Nowhere()
    train_batch(short, port)
    check_agreement(short, port, CHECKED)
    loop, leg = plain_loop(cells[0].spec), EXTRAPOLATED // ROUNDS
    engine, plain = [], []
    for _ in range(ROUNDS):
        plain.append(_seconds(lambda: loop.advance(leg)) / leg * STEPS)
        engine.append(_seconds(lambda: train_batch(cells, Nowhere())))
    ours, theirs = statistics.median(engine), statistics.median(plain)
    beside = f"NumPy loop {theirs:.0f} s, extrapolated"
    yield Row(WORK, f"{ours:.3g} s", beside, theirs / ours, bar=Bar(500, 2000))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
