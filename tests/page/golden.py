"""The golden run for the page: recorded so often that it is seen training, and that a zoom shows more."""

import json
from pathlib import Path
from typing import Any

from tests.faults.lab import Lab

Json = dict[str, Any]
GOLDEN: Json = {
    **json.loads((Path(__file__).parents[2] / "docs" / "golden.json").read_text()),
    "tags": ["demo"],
    "record": {"every": 5, "metrics": ["train_error", "test_error", "l1_norm"]},
}
T1, T2 = 60, 100_347


def lone_run(lab: Lab, experiment_id: str) -> Json:
    """The one run of an experiment."""
    (run,) = lab.runs(experiment_id)
    return run


def trained(lab: Lab, **changes: Any) -> Json:
    """A golden run that has ended; taken over where it was trained before."""
    experiment_id = lab.submit(**{**GOLDEN, "reuse": True, **changes})
    lab.finish(experiment_id)
    return lone_run(lab, experiment_id)
