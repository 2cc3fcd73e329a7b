"""Sweeps of any size for the page, whose ends are written into the store and not trained."""

import math
from collections.abc import Sequence

import numpy as np

from core.store import Claimed, Finish, Frame, Run, claim, finish, list_runs, write_frames
from tests.faults.lab import Lab

RATE, STEPS, POINTS = 0.05, 1_000_000, 60
_PAGE = 1000


def play_sweep(
    lab: Lab, name: str, strengths: Sequence[float], measurements: Sequence[int], seeds: int
) -> str:
    """The id of an experiment over l1 and the number of measurements, all of whose runs have succeeded.

    They grok with a delay of about 1 / (alpha beta), if soon enough, from some measurements on; t2 is no
    more than memorised below. They are for a GPU, which the worker of a lab does not have.
    """
    experiment = lab.submit(
        name=name,
        device="cuda",
        regularization={},
        optimizer={"kind": "subgradient", "learning_rate": RATE},
        steps=STEPS,
        sweep={
            "axes": [
                {"path": "/regularization/l1", "values": list(strengths)},
                {"path": "/problem/measurements", "values": list(measurements)},
            ],
            "seeds": {"start": 0, "count": seeds},
        },
    )
    lab.until(lambda: _play(lab, experiment), 120)
    return experiment


def _play(lab: Lab, experiment: str) -> bool:
    """Ends the runs of one batch: whether none waits."""
    with lab.database.write() as conn:
        lease = claim(conn, queue="gpu", worker="played", lease_seconds=600)
        if lease is None:
            return True
    cells = _cells(lab, experiment)
    for begin in range(0, len(lease.runs), _PAGE):
        ends = [_played(run, cells[run.run_id]) for run in lease.runs[begin : begin + _PAGE]]
        with lab.database.write() as conn:
            assert not write_frames(conn, [(run, frame) for run, frame, _ in ends])
            assert not finish(conn, [(run, end) for run, _, end in ends])
    return False


def _cells(lab: Lab, experiment: str) -> dict[str, Run]:
    found: dict[str, Run] = {}
    after = None
    while True:
        with lab.database.read() as conn:
            runs = list_runs(conn, experiment, limit=_PAGE, after_cell=after)
        if not runs:
            return found
        found |= {run.id: run for run in runs}
        after = runs[-1].cell


def _played(claimed: Claimed, run: Run) -> tuple[Claimed, Frame, Finish]:
    """What the run recorded and how it ended, the same for the same cell and seed."""
    l1, measured = run.axes["/regularization/l1"], run.axes["/problem/measurements"]
    luck, need = np.random.default_rng((run.seed, measured)).normal(0.0, 1.0, 2)
    t1 = round(6 + 0.8 * measured)
    late = t1 + round(math.exp(0.25 * luck) * 0.4 / (RATE * l1) ** 1.01)
    sees = measured >= 22 + 6 * math.log10(l1 / 1e-5) + 3 * need
    t2 = late if sees and late <= STEPS else None
    floor = l1 if sees else 0.2 + 0.1 * abs(float(need))
    steps = np.unique(np.round(np.geomspace(1, STEPS + 1, POINTS)) - 1).astype(np.int64)
    train = np.maximum(np.exp(-steps / t1 * 4), l1)
    test = floor + (1 - floor) / (1 + (steps / late) ** 6)
    frame = Frame(steps, ("train_error", "test_error"), np.stack([train, test], axis=1))
    final = {"train_error": float(train[-1]), "test_error": float(test[-1])}
    theory = {"delay": 0.4 / (RATE * l1)}
    outcome = "grokked" if t2 is not None else "memorised_only"
    return claimed, frame, Finish(outcome, t1, t2, None, final, theory, {"torch": "none"})
