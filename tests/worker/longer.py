"""Extending experiments as the API does, for tests of what workers make of them."""

from typing import Any

from api.extension import plan_extension
from core.spec import Extension, parse_spec
from core.store import Database, Run, extend, get_experiment, list_artifacts, read_artifact, summaries
from tests.faults.oracle import Recorded, recorded
from tests.worker.batches import runs_of

MEMORY = 1 << 40
Found = dict[str, Any]


def lengthen(db: Database, run_ids: list[str], steps: int, **asked: Any) -> list[str]:
    """Extends runs of one experiment; the ids of those that go on."""
    with db.write() as conn:
        chosen = [run for run in runs_of(db, run_ids) if run.id in run_ids]
        experiment = get_experiment(conn, chosen[0].experiment_id)
        assert experiment is not None
        extension = Extension(steps=steps, **asked)
        longer, whole = plan_extension(conn, parse_spec(experiment.spec), chosen, extension, MEMORY)
        extend(conn, experiment.id, longer, whole)
    return [run.run_id for run in longer]


def results(db: Database, run_ids: list[str]) -> list[Found]:
    """What runs ended with, less what tells of when and where; their files among it."""
    return [_result(db, run) for run in runs_of(db, run_ids)]


def _result(db: Database, run: Run) -> Found:
    names = ("state", "outcome", "step", "steps", "t1", "t2", "diverged_at", "final", "theory", "digest")
    with db.read() as conn:
        kept = list_artifacts(conn, run.recording_id)
        files = {file.name: read_artifact(conn, run.recording_id, file.name) for file in kept}
    return {**{name: getattr(run, name) for name in names}, "files": files}


def series(db: Database, run: Run) -> Recorded:
    """Everything that was recorded."""
    with db.read() as conn:
        assert summaries(conn, run.recording_id)
        return recorded(conn, run)
