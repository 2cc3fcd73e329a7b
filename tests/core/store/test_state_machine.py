"""Whatever workers, users and reapers do in whatever order, the store keeps its promises."""

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection

from core.store import (
    TERMINAL,
    Changed,
    Claimed,
    Database,
    Lease,
    LongerRun,
    LongerSpec,
    Run,
    State,
    beat,
    cancel_experiment,
    cancel_run,
    claim,
    counts,
    delete_experiment,
    extend,
    fail,
    finish,
    finish_cancelled,
    get_experiment,
    list_events,
    list_runs,
    read_many,
    read_vectors,
    reap,
    release,
    resume,
    retry_experiment,
    retry_run,
    save_checkpoints,
    write_frames,
)
from core.store.experiments import state_of
from tests.core.store.samples import frame, result, rows, submit

MAX_LOSSES = 3
AFTER: dict[State, set[State]] = {
    "queued": {"running", "cancelled"},
    "running": {"queued", "cancelling", "succeeded", "failed"},
    "cancelling": {"cancelled"},
    "succeeded": {"queued"},
    "failed": {"queued"},
    "cancelled": {"queued"},
}
STATE_AFTER: dict[str, State] = {
    "created": "queued",
    "lost": "queued",
    "released": "queued",
    "retried": "queued",
    "extended": "queued",
    "claimed": "running",
    "cancelling": "cancelling",
    "cancelled": "cancelled",
    "finished": "succeeded",
    "failed": "failed",
}


@dataclass
class Twin:
    """What one run must look like."""

    state: State = "queued"
    attempt: int = 0
    losses: int = 0
    expired: bool = False
    extensions: int = 0
    checkpoint: int = -1
    recorded: list[int] = field(default_factory=list)

    def owned_by(self, claimed: Claimed) -> bool:
        return self.state in ("running", "cancelling") and self.attempt == claimed.attempt

    def go(self, state: State) -> None:
        assert state in AFTER[self.state]
        self.state = state


class Store(RuleBasedStateMachine):
    """Random workers and users against a model of each run."""

    leases = Bundle("leases")
    db: Database

    def __init__(self) -> None:
        super().__init__()
        self.experiment = submit(self.db, 5, batch=2)
        self.twins = {run.id: Twin() for run in self.experiment.runs}
        self.last_seq = dict.fromkeys(self.twins, 0)

    def teardown(self) -> None:
        with self.db.write() as conn:
            delete_experiment(conn, self.experiment.id)

    def split(self, lease: Lease) -> tuple[list[tuple[Claimed, Twin]], frozenset[str]]:
        """The runs of a lease that are still its owner's, and the others."""
        mine = [(run, self.twins[run.run_id]) for run in lease.runs if self.twins[run.run_id].owned_by(run)]
        return mine, frozenset(run.run_id for run in lease.runs) - {run.run_id for run, _ in mine}

    @rule(target=leases, queue=st.sampled_from(["cpu", "gpu"]))
    def claim(self, queue: Any) -> Any:
        with self.db.write() as conn:
            lease = claim(conn, queue=queue, worker="w", lease_seconds=60)
        waiting = [run for run in self.experiment.runs if self.twins[run.id].state == "queued"]
        if lease is None:
            assert waiting == []
            return Lease((), "nothing", "w", 60)
        batch = [
            run.id
            for run in waiting
            if run.batch_key == waiting[0].batch_key
            and self.twins[run.id].checkpoint == self.twins[waiting[0].id].checkpoint
        ]
        assert [run.run_id for run in lease.runs] == batch
        for run in lease.runs:
            twin = self.twins[run.run_id]
            twin.go("running")
            twin.attempt += 1
            twin.expired = False
            assert run.attempt == twin.attempt
        return lease

    @rule(lease=leases, expired=st.booleans(), step=st.integers(0, 50))
    def beat(self, lease: Lease, expired: bool, step: int) -> None:
        mine, others = self.split(lease)
        with self.db.write() as conn:
            steps = {run.run_id: step for run in lease.runs}
            answer = beat(conn, lease, steps, 1.0, -1 if expired else 60)
        assert answer.lost == others
        assert answer.cancelled == {run.run_id for run, twin in mine if twin.state == "cancelling"}
        for _, twin in mine:
            twin.expired = expired

    @rule(lease=leases, count=st.integers(1, 3))
    def write(self, lease: Lease, count: int) -> None:
        mine, others = self.split(lease)
        new = {}
        for run in lease.runs:
            start = max(self.twins[run.run_id].recorded, default=-1) + 1
            new[run] = list(range(start, start + count))
        frames = [(run, replace(frame(steps), vectors=(rows(steps),))) for run, steps in new.items()]
        with self.db.write() as conn:
            assert write_frames(conn, frames) == others
        for run, twin in mine:
            twin.recorded += new[run]

    @rule(lease=leases, step=st.integers(0, 10))
    def checkpoint(self, lease: Lease, step: int) -> None:
        mine, others = self.split(lease)
        with self.db.write() as conn:
            assert save_checkpoints(conn, [(run, step, b"state") for run in lease.runs], step) == others
        for _, twin in mine:
            twin.losses = 0 if step > twin.checkpoint else twin.losses
            twin.checkpoint = step

    @rule(lease=leases)
    def resume(self, lease: Lease) -> None:
        mine, others = self.split(lease)
        steps = {run.run_id: twin.checkpoint for run, twin in mine if twin.checkpoint >= 0}
        with self.db.write() as conn:
            assert resume(conn, lease, steps) == others
        for _, twin in mine:
            twin.recorded = [step for step in twin.recorded if step <= twin.checkpoint]

    @rule(lease=leases, how=st.sampled_from(["finish", "fail", "release", "finish_cancelled"]))
    def leave(self, lease: Lease, how: str) -> None:
        mine, others = self.split(lease)
        ends: dict[str, State] = {"finish": "succeeded", "fail": "failed", "release": "queued"}
        if how == "finish_cancelled":
            others |= {run.run_id for run, twin in mine if twin.state == "running"}
            mine = [(run, twin) for run, twin in mine if twin.state == "cancelling"]
        with self.db.write() as conn:
            match how:
                case "finish":
                    fenced = finish(conn, [(run, result()) for run in lease.runs])
                case "fail":
                    fenced = fail(conn, lease.runs, "internal", "broken")
                case "release":
                    fenced = release(conn, lease)
                case _:
                    fenced = finish_cancelled(conn, lease.runs)
        assert fenced == others
        for _, twin in mine:
            twin.go("cancelled" if twin.state == "cancelling" else ends[how])

    @rule()
    def reap(self) -> None:
        with self.db.write() as conn:
            report = reap(conn, MAX_LOSSES)
        moved: list[State] = []
        for twin in self.twins.values():
            if twin.expired and twin.state in ("running", "cancelling"):
                twin.losses += 1
                lost: State = "failed" if twin.losses >= MAX_LOSSES else "queued"
                moved.append("cancelled" if twin.state == "cancelling" else lost)
                twin.go(moved[-1])
        assert (report.requeued, report.failed, report.cancelled) == (
            moved.count("queued"),
            moved.count("failed"),
            moved.count("cancelled"),
        )

    @rule(cell=st.integers(0, 4))
    def cancel_one(self, cell: int) -> None:
        run = self.experiment.runs[cell]
        with self.db.write() as conn:
            assert cancel_run(conn, run.id) == self.cancelled(self.twins[run.id])

    @rule()
    def cancel_all(self) -> None:
        with self.db.write() as conn:
            count = cancel_experiment(conn, self.experiment.id)
        assert count == sum([self.cancelled(twin) for twin in self.twins.values()])

    @rule(cell=st.integers(0, 4))
    def retry_one(self, cell: int) -> None:
        run = self.experiment.runs[cell]
        with self.db.write() as conn:
            assert retry_run(conn, run.id) == self.retried(self.twins[run.id])

    @rule()
    def retry_all(self) -> None:
        with self.db.write() as conn:
            count = retry_experiment(conn, self.experiment.id)
        assert count == sum([self.retried(twin) for twin in self.twins.values()])

    @rule(cell=st.integers(0, 4), goes_on=st.booleans())
    def extend(self, cell: int, goes_on: bool) -> None:
        run = self.experiment.runs[cell]
        twin = self.twins[run.id]
        steps = 1000 + twin.extensions
        longer = LongerRun(run.id, steps, steps + 1, "d", run.batch_key, False, goes_on, 1000, 1000, False)
        whole = LongerSpec(steps + 1, {"steps": steps + 1}, "d")
        try:
            with self.db.write() as conn:
                extend(conn, self.experiment.id, [longer], whole)
        except Changed:
            assert twin.state != "succeeded"
            return
        twin.go("queued")
        twin.losses, twin.extensions = 0, twin.extensions + 1
        if not goes_on:
            twin.checkpoint = -1

    def retried(self, twin: Twin) -> bool:
        if twin.state not in ("failed", "cancelled"):
            return False
        twin.go("queued")
        twin.losses = 0
        return True

    def cancelled(self, twin: Twin) -> bool:
        if twin.state not in ("queued", "running"):
            return False
        twin.go("cancelled" if twin.state == "queued" else "cancelling")
        return True

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        with self.db.read() as conn:
            found = list_runs(conn, self.experiment.id, limit=10)
            self.check_runs(found)
            self.check_experiment(conn)
            self.check_histories(conn)
            self.check_series(conn, found)

    def check_runs(self, found: list[Run]) -> None:
        for run in found:
            twin = self.twins[run.id]
            assert (run.state, run.attempt, run.losses) == (twin.state, twin.attempt, twin.losses)
            assert (run.finished_at is not None) == (run.state in TERMINAL)
            assert (run.outcome is not None) == (run.state == "succeeded")
            assert (run.cause is not None) == (run.state == "failed")
            assert (run.started_at is not None) == (run.attempt > 0)

    def check_experiment(self, conn: Connection) -> None:
        states = [twin.state for twin in self.twins.values()]
        found = get_experiment(conn, self.experiment.id)
        assert found is not None
        assert found.counts == counts(conn, self.experiment.id)
        assert all(count == states.count(state) for state, count in found.counts.items())
        assert found.state == state_of(found.counts)
        assert 0 <= found.progress <= 1
        assert (found.finished_at is not None) == (found.state in TERMINAL)

    def check_histories(self, conn: Connection) -> None:
        """They only grow, and end in the state."""
        for run_id, twin in self.twins.items():
            history = [event for event in list_events(conn, run_id) if event.kind in STATE_AFTER]
            assert history[0].kind == "created"
            assert STATE_AFTER[history[-1].kind] == twin.state
            assert history[-1].seq >= self.last_seq[run_id]
            self.last_seq[run_id] = history[-1].seq
            assert [event.kind for event in history].count("claimed") == twin.attempt

    def check_series(self, conn: Connection, found: list[Run]) -> None:
        """Every recorded step is there once, of points and of vectors."""
        parts = dict(read_many(conn, [run.recording_id for run in found], ["train_error"]))
        for run in found:
            (part,) = parts[run.recording_id]
            assert part.steps.tolist() == self.twins[run.id].recorded == part.values.tolist()
            vectors = read_vectors(conn, run.recording_id, "parameters")
            assert vectors.steps.tolist() == part.steps.tolist() == vectors.values[:, :1].flatten().tolist()


def test_the_store_keeps_its_promises(db: Database) -> None:
    machine = type("Machine", (Store,), {"db": db})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
