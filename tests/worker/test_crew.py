"""Which members of a batch are ours."""

from core.store import Claimed, Lease
from worker.crew import Crew

MEMBERS = [(cell, f"run_{cell}") for cell in range(4)]


def crew(*cells: int) -> Crew:
    claims = tuple(Claimed(f"run_{cell}", "exp_1", cell, 1) for cell in cells)
    return Crew(Lease(claims, "0", "host:1:abc", 60.0), MEMBERS)


def test_claims_are_known_by_their_position_in_the_planned_batch() -> None:
    assert {place: claim.cell for place, claim in crew(1, 3).open.items()} == {1: 1, 3: 3}


def test_closed_runs_leave_the_lease() -> None:
    ours = crew(0, 1, 2)
    ours.close(["run_1"])
    assert [run.run_id for run in ours.lease.runs] == ["run_0", "run_2"]
    assert ours.dropped == frozenset()


def test_lost_runs_are_dropped_and_never_written_again() -> None:
    ours = crew(0, 1)
    ours.lose(["run_0"])
    assert ours.dropped == {0}
    assert set(ours.open) == {1}


def test_cancelled_runs_are_dropped_but_ours_until_written() -> None:
    ours = crew(0, 1)
    ours.cancel(["run_1"])
    assert ours.dropped == ours.to_cancel == {1}
    assert set(ours.open) == {0, 1}
    ours.close(["run_1"])
    assert ours.to_cancel == frozenset()
