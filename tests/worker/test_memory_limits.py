"""A process that may take so much memory and no more, as under a limit of the system, trains what it can."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, pathlib, re, resource, sys
from core.store import open_database, claim
from tests.worker.batches import SPEC, bench, runs_of, submit
from worker.execute import execute
from worker.warm_up import warm_up

url, runs, room = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
warm_up("cpu")
db = open_database(url)
axes = [{"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-3, "num": runs}}]
wide = {"kind": "sparse_recovery", "dimension": 20_000, "sparsity": 2, "measurements": 20}
ids = submit(db, problem=wide, sweep={"axes": axes}, steps=8, record={"first": 0})
taken = 1024 * int(re.search(r"VmSize:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text()).group(1))
resource.setrlimit(resource.RLIMIT_AS, (taken + room, resource.RLIM_INFINITY))
sizes = []
while True:
    with db.write() as conn:
        lease = claim(conn, queue="cpu", worker="host:1:abc", lease_seconds=60.0)
    if lease is None:
        break
    sizes.append(len(lease.runs))
    execute(bench(db, lease_seconds=60.0), lease)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
found = [[run.state, run.cause, run.message, run.losses] for run in runs_of(db, ids)]
print(json.dumps([sizes, found]))
"""
MIB = 2**20


def trained(url: str, runs: int, room: int) -> tuple[list[int], list[list[str | int | None]]]:
    """How many runs each batch had, and how the runs ended: state, cause, message, losses."""
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, str(runs), str(room)],
        # Each arena of the C library would reserve 64 MiB for a thread.
        env={**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    sizes, runs_found = json.loads(found.stdout.splitlines()[-1])
    return sizes, runs_found


def test_a_batch_larger_than_the_limit_trains_in_parts(database_url: str) -> None:
    sizes, runs = trained(database_url, 64, 96 * MIB)
    assert sizes[0] == 64
    assert len(sizes) > 2
    assert {state for state, *_ in runs} == {"succeeded"}
    assert {losses for *_, losses in runs} == {0}


@pytest.mark.slow
@pytest.mark.parametrize("runs", [3])
def test_runs_larger_than_the_limit_fail_one_by_one(database_url: str, runs: int) -> None:
    sizes, found = trained(database_url, runs, 12 * MIB)
    assert len(sizes) == 2 * runs - 1
    assert {(state, cause, losses) for state, cause, _, losses in found} == {("failed", "out_of_memory", 0)}
    assert all(message for _, _, message, _ in found)
