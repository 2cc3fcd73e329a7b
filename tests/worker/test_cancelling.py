"""A batch of 256 loses the runs that are cancelled and no others."""

import threading
import time

from core.store import Database, cancel_run, read_series
from tests.worker.batches import bench, runs_of, submit, take
from worker.execute import execute

RUNS, STEPS = 256, 60_000
GONE = (0, 17, 255)


def test_a_batch_of_256_loses_only_the_runs_that_are_cancelled(db: Database) -> None:
    ids = submit(db, seeds=RUNS, steps=STEPS)
    lease = take(db)

    def cancel() -> None:
        end = time.monotonic() + 60
        while runs_of(db, ids)[0].step == 0 and time.monotonic() < end:
            time.sleep(0.01)
        for place in GONE:
            with db.write() as conn:
                assert cancel_run(conn, ids[place])

    user = threading.Thread(target=cancel)
    user.start()
    execute(bench(db), lease)
    user.join()
    runs = runs_of(db, ids)
    assert [place for place, run in enumerate(runs) if run.state == "cancelled"] == list(GONE)
    assert {run.state for place, run in enumerate(runs) if place not in GONE} == {"succeeded"}
    with db.read() as conn:
        for place in GONE:
            steps = read_series(conn, runs[place].recording_id, ["test_error"])[0].steps
            # The heartbeat may hear of it only just before the end.
            assert 0 < int(steps[-1]) <= STEPS
