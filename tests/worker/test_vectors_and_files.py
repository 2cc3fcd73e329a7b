"""Vector series and files of a trained batch against the real store."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from core.store import (
    Database,
    list_artifacts,
    read_artifact,
    read_vectors,
    watermark,
)
from core.training import Checkpoints, Control, Ending, Recorder
from core.training.ports import Vectors
from tests.worker.batches import bench, runs_of, submit, take
from tests.worker.scripts import RESULT, frame, scripted
from worker.execute import execute


def test_vectors_and_files_are_stored_for_each_member_as_far_as_it_went(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(db, seeds=3)
    values = np.arange(2 * 3 * 4, dtype=np.float64).reshape(2, 3, 4)
    singular = Vectors("singular_values", (1,), np.array([0]), np.ones((1, 3, 1)), np.array([0, 0, 1]))

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        rows = Vectors("parameters", (2, 2), np.array([0, 5]), values, np.array([2, 1, 0]))
        ended = {0: replace(RESULT, artifacts={"parameters.safetensors": b"file"}), 1: RESULT, 2: RESULT}
        recorder.write(replace(frame(0, 3), lengths=np.zeros(3, np.int64), vectors=(rows, singular)))
        recorder.write(frame(2, 3, ended))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    runs = runs_of(db, ids)
    with db.read() as conn:
        parts = [read_vectors(conn, run.recording_id, "parameters") for run in runs]
        files = [[file.name for file in list_artifacts(conn, run.recording_id)] for run in runs]
        assert read_artifact(conn, runs[0].recording_id, "parameters.safetensors") == b"file"
        assert read_vectors(conn, runs[2].recording_id, "singular_values").values.tolist() == [[1.0]]
    assert [part.steps.tolist() for part in parts] == [[0, 5], [0], []]
    assert parts[0].values.tolist() == values[:, 0].tolist()
    assert parts[1].values.tolist() == values[:1, 1].tolist()
    assert [part.shape for part in parts] == [(2, 2), (2, 2), None]
    assert files == [["parameters.safetensors"], [], []]
    assert [run.state for run in runs] == ["succeeded"] * 3


def test_no_vectors_or_files_are_stored_for_a_run_that_someone_else_has(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(db)

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        with db.write() as conn:
            conn.execute(text("UPDATE runs SET attempt = attempt + 1"))
        rows = Vectors("parameters", (1,), np.array([0]), np.ones((1, 1, 1)), np.array([1]))
        ended = {0: replace(RESULT, artifacts={"parameters.safetensors": b"file"})}
        recorder.write(replace(frame(0, 1, ended), vectors=(rows,)))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    (run,) = runs_of(db, ids)
    with db.read() as conn:
        assert watermark(conn, run.recording_id) == (0, None, 0, None)
        assert list_artifacts(conn, run.recording_id) == []
