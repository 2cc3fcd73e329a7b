"""Finds the resource that a path names, or says that there is none."""

import re
from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection

from api.errors import NotFound
from core.store import Experiment, Run, get_experiment, get_run

_ULID = "[0-9a-z]{26}"
EXPERIMENT_ID, RUN_ID = f"exp_{_ULID}", f"run_{_ULID}"
"""Forms of ids, as regular expressions without anchors."""
_EXPERIMENT, _RUN = re.compile(EXPERIMENT_ID), re.compile(RUN_ID)

ExperimentId = Annotated[
    str, Path(description="id of the experiment", examples=["exp_01k3v5m8h2x9q4c7r6t0y1z3ab"])
]
RunId = Annotated[str, Path(description="id of the run", examples=["run_01k3v5m8h2x9q4c7r6t0y1z3ab"])]


def is_experiment_id(text: str) -> bool:
    """Whether the text has the form of an experiment's id, so that a database can be asked for it."""
    return _EXPERIMENT.fullmatch(text) is not None


def is_run_id(text: str) -> bool:
    """Whether the text has the form of a run's id."""
    return _RUN.fullmatch(text) is not None


def find_experiment(conn: Connection, experiment_id: str) -> Experiment:
    """The experiment. Raises NotFound."""
    found = get_experiment(conn, experiment_id) if is_experiment_id(experiment_id) else None
    if found is None:
        raise NotFound(f"no such experiment: {experiment_id[:100]}")
    return found


def find_run(conn: Connection, run_id: str) -> Run:
    """The run. Raises NotFound."""
    found = get_run(conn, run_id) if is_run_id(run_id) else None
    if found is None:
        raise NotFound(f"no such run: {run_id[:100]}")
    return found
