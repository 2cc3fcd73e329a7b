"""A worker process that trains 10,000 runs stays under 1.5 GiB."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNS, BOUND = 10_000, 3 * 2**29
PROGRAM = """
import pathlib, re, sys
from core.spec import canonical, digest, expand, parse_spec, plan
from core.store import NewExperiment, NewRun, claim, counts, insert_experiment, new_id, open_database, upgrade
from tests.worker.batches import SPEC, bench
from worker.execute import execute

url = f"sqlite:///{sys.argv[1]}/soak.db"
upgrade(url)
db = open_database(url)
# A third diverges and leaves its batch early; half of the rest stops once it has generalised.
axes = [
    {"path": "/optimizer/learning_rate", "values": [0.1, 0.05, 8.0]},
    {"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-2, "num": 34}},
]
sweep = {"axes": axes, "seeds": {"count": 99}}
problem = {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30}
over = {"problem": problem, "steps": 100_000, "allow_unstable": True, "stop": {"when_generalised": True}}
spec = parse_spec({**SPEC, **over, "sweep": sweep})
cells = expand(spec)
batches = {cells[i].index: str(n) for n, batch in enumerate(plan(cells)) for i in batch.members}
runs = [
    NewRun(new_id("run_"), c.index, c.seed, c.axes, digest(c.spec), 100_000, "cpu", "cpu", batches[c.index])
    for c in cells
]
experiment = NewExperiment(
    new_id("exp_"), None, (), spec.problem.kind, canonical(spec), digest(spec), runs
)
with db.write() as conn:
    insert_experiment(conn, experiment)
while True:
    with db.write() as conn:
        lease = claim(conn, queue="cpu", worker="host:1:abc", lease_seconds=60.0)
    if lease is None:
        break
    execute(bench(db, lease_seconds=60.0), lease)
with db.read() as conn:
    found = {state: n for state, n in counts(conn, experiment.id).items() if n}
    assert found == {"succeeded": len(cells)}, found
# Of this program alone; getrusage would begin with what its parent had.
status = pathlib.Path("/proc/self/status").read_text()
print(len(cells), 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status).group(1)))
"""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_runs_take_under_one_and_a_half_gigabytes(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    trained, peak = map(int, found.stdout.split())
    assert trained >= RUNS
    assert 0 < peak < BOUND
