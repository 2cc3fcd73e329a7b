"""Finds the resource that a path names, or says that there is none."""

import re
from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection

from api.errors import NotFound
from api.services import Services
from core.spec import ExperimentSpec, named_datasets, parse_spec
from core.spec.uploaded import DATASET_ID
from core.store import Experiment, Run, get_experiment, get_run

_ULID = "[0-9a-z]{26}"
EXPERIMENT_ID, RUN_ID = f"exp_{_ULID}", f"run_{_ULID}"
"""Forms of ids, as regular expressions without anchors."""
_EXPERIMENT, _RUN = re.compile(EXPERIMENT_ID), re.compile(RUN_ID)

WEBHOOK_ID, DELIVERY_ID = f"whk_{_ULID}", f"dlv_{_ULID}"
_WEBHOOK, _DELIVERY = re.compile(WEBHOOK_ID), re.compile(DELIVERY_ID)
_DATASET = re.compile(DATASET_ID)

ExperimentId = Annotated[
    str, Path(description="id of the experiment", examples=["exp_01k3v5m8h2x9q4c7r6t0y1z3ab"])
]
RunId = Annotated[str, Path(description="id of the run", examples=["run_01k3v5m8h2x9q4c7r6t0y1z3ab"])]
DatasetId = Annotated[str, Path(description="id of the dataset", examples=["ds_01k3v5m8h2x9q4c7r6t0y1z3ab"])]
WebhookId = Annotated[str, Path(description="id of the webhook", examples=["whk_01k3v5m8h2x9q4c7r6t0y1z3ab"])]


def is_webhook_id(text: str) -> bool:
    """Whether the text has the form of a webhook's id."""
    return _WEBHOOK.fullmatch(text) is not None


def is_delivery_id(text: str) -> bool:
    """Whether the text has the form of a delivery's id."""
    return _DELIVERY.fullmatch(text) is not None


def is_dataset_id(text: str) -> bool:
    """Whether the text has the form of a dataset's id."""
    return _DATASET.fullmatch(text) is not None


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


def spec_of(services: Services, conn: Connection, experiment: Experiment) -> ExperimentSpec:
    """The spec of a stored experiment, with the datasets that it uses."""
    named = named_datasets(experiment.spec)
    uploads = services.datasets.uploads_in(conn, services.db, named, deleted=True)
    return parse_spec(experiment.spec, uploads)
