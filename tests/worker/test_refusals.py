"""A worker process that fails fast at one kind of problem leaves it to others, and says so."""

import time
from typing import Any

import pytest

from core.store import Database, Lease, Worker, claim, claim_short, list_workers
from core.training import Ending, train
from tests.worker.batches import LEASE_SECONDS, SPEC, bench, runs_of, submit, take
from worker import refusals as module
from worker.bench import Bench
from worker.execute import execute
from worker.presence import Presence
from worker.refusals import FAST_SECONDS, IN_A_ROW, TRIAL_SECONDS, Refusals
from worker.shutdown import Shutdown

SPARSE, COMPLETION = "sparse_recovery", "matrix_completion"
OTHER: dict[str, Any] = {
    "problem": {"kind": COMPLETION, "rows": 3, "columns": 3, "rank": 1, "measurements": 6},
    "regularization": {"nuclear": 1e-4},
}


def take_allowed(db: Database, tools: Bench) -> Lease | None:
    with db.write() as conn:
        return claim(conn, queue="cpu", worker="w", lease_seconds=LEASE_SECONDS, refused=tools.refusals.kinds)


def break_training(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
    """Lets training fail at some kinds of problems."""

    def fragile(cells: Any, active: Any, device: str, **ports: Any) -> Ending:
        if cells[0].spec.problem.kind in kinds:
            raise KeyError("driver")
        return train(cells, active, device, **ports)

    monkeypatch.setattr("worker.execute.train", fragile)


def test_after_three_fast_failures_the_kind_is_left_to_others(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_training(monkeypatch, SPARSE)
    tools = bench(db)
    failing = [submit(db, seeds=2) for _ in range(IN_A_ROW + 2)]
    healthy = submit(db, **OTHER)
    while (lease := take_allowed(db, tools)) is not None:
        execute(tools, lease)
    states = [[run.state for run in runs_of(db, ids)] for ids in failing]
    assert states == [["failed"] * 2] * IN_A_ROW + [["queued"] * 2] * 2
    assert {run.cause for run in runs_of(db, failing[0])} == {"internal"}
    assert runs_of(db, healthy)[0].state == "succeeded"
    # Another process knows nothing of it.
    assert take_allowed(db, bench(db)) is not None


def test_an_interlude_leaves_them_too(db: Database) -> None:
    ids = submit(db, short=True)
    with db.write() as conn:
        asked = dict(queue="cpu", worker="w", lease_seconds=2.0, waited_seconds=0.0)
        assert claim_short(conn, **asked, refused={SPARSE}) is None  # type: ignore[arg-type]
        lease = claim_short(conn, **asked, refused={COMPLETION})  # type: ignore[arg-type]
    assert lease is not None
    assert (lease.problem, [run.run_id for run in lease.runs]) == (SPARSE, ids)


def test_a_success_in_between_breaks_the_row(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = bench(db)
    for _ in range(2):
        with monkeypatch.context() as patched:
            break_training(patched, SPARSE)
            for _ in range(IN_A_ROW - 1):
                submit(db)
                execute(tools, take(db))
        submit(db)
        execute(tools, take(db))
    assert tools.refusals.kinds == frozenset()


def test_slow_failures_and_other_kinds_do_not_count() -> None:
    refusals = Refusals()
    for _ in range(IN_A_ROW):
        refusals.failed(SPARSE, FAST_SECONDS + 1, "late")
        refusals.failed(COMPLETION, 0.1, "soon")
    assert refusals.kinds == {COMPLETION}


def test_one_trial_after_a_while_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = Refusals()
    for _ in range(IN_A_ROW):
        refusals.failed(SPARSE, 0.1, "broken")
    (first,) = refusals.told
    later = time.monotonic() + TRIAL_SECONDS + 1

    class Clock:
        monotonic = staticmethod(lambda: later)

    monkeypatch.setattr(module, "time", Clock)
    assert refusals.kinds == frozenset()
    assert refusals.told == [first]
    refusals.failed(SPARSE, 0.1, "broken still")
    assert refusals.kinds == {SPARSE}
    assert refusals.told == [{**first, "message": "broken still"}]
    refusals.trained(SPARSE)
    assert (refusals.kinds, refusals.told) == (frozenset(), [])


def test_the_list_of_workers_says_so(db: Database) -> None:
    refusals = Refusals()
    for _ in range(IN_A_ROW):
        refusals.failed(SPARSE, 0.1, "KeyError: driver")
    presence = Presence(db, "w9", "cpu", Shutdown(), 0.1, lambda: {"refuses": refusals.told})
    presence.start()
    end = time.monotonic() + 10
    found: list[Worker] = []
    while not found and time.monotonic() < end:
        with db.read() as conn:
            found = list_workers(conn, 60)
        time.sleep(0.02)
    presence.stop()
    (refused,) = found[0].info["refuses"]
    assert (refused["kind"], refused["message"]) == (SPARSE, "KeyError: driver")


def test_a_spec_that_this_version_cannot_read_counts(db: Database) -> None:
    tools = bench(db)
    for _ in range(IN_A_ROW):
        submit(db)
        with db.write() as conn:
            conn.exec_driver_sql("UPDATE experiments SET spec = '{}'")
        execute(tools, take(db))
    assert tools.refusals.kinds == {SPEC["problem"]["kind"]}
