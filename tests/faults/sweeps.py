"""The sweep that faults come into the middle of, and what it looks like undisturbed."""

from typing import Any

from tests.faults import oracle
from tests.faults.lab import Json, Lab

RUNS = 200
STEPS = 10_000
SWEEP: dict[str, Any] = {
    "axes": [
        {
            "path": "/optimizer",
            "values": [
                {"kind": "subgradient", "learning_rate": 0.1},
                {"kind": "proximal", "learning_rate": 0.1},
            ],
        }
    ],
    "seeds": {"count": RUNS // 2},
}
"""Two batches of different programs."""


def submit_sweep(lab: Lab, steps: int = STEPS) -> str:
    """Two hundred runs, loop engine, series and parameters recorded."""
    return lab.submit(steps=steps, sweep=SWEEP, engine="loop", record={"parameters_per_decade": 2})


def amid(lab: Lab, experiment: str) -> Json:
    """The experiment, once some of its runs have moved and before all of them have ended."""

    def moving() -> bool:
        found = lab.ask(f"/v1/experiments/{experiment}")
        return found is not None and found["counts"]["running"] > 0 and found["progress"] > 0.1

    lab.until(moving, 90)
    found = lab.get(f"/v1/experiments/{experiment}")
    assert found["state"] == "running", f"ended too soon: {found['counts']}"
    return found


def settled(lab: Lab, experiment: str, seconds: float = 180) -> None:
    """Waits for the end, trains the same sweep again undisturbed; both must be whole and equal."""
    lab.finish(experiment, seconds)
    calm = submit_sweep(lab)
    lab.finish(calm, 180)
    oracle.check(lab.database, [experiment, calm])
    oracle.same(lab.database, experiment, calm)
