"""Every command of the compose file runs, and every health check says what is so."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.client import Client
from api.commands.children import free_port
from tests.deploy.stack import Stack, open_stack

RUNS = 6
SPEC = {
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-4},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 2000,
    "sweep": {"seeds": {"start": 0, "count": RUNS}},
}
SECONDS = 120
# uvicorn ends in good order, then passes the signal on.
ENDED_BY_SIGNAL = (0, -signal.SIGTERM)
API_CONNECTIONS, CHILD_CONNECTIONS = 20, 5


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with open_stack(tmp_path) as opened:
        yield opened


def connections(url: str) -> int:
    with psycopg.connect(url) as conn:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0]) - 1


def url_of(stack: Stack) -> str:
    return stack.environment("api")["GROKLAB_DATABASE_URL"]


def finished(client: Client, stack: Stack) -> None:
    """A sweep is asked for, and each of its runs succeeds."""
    asked = client.submit({**SPEC, "reuse": False})
    stack.until(lambda: client.experiment(asked.id).terminal, SECONDS)
    assert client.experiment(asked.id).counts["succeeded"] == RUNS


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_services_start_work_are_healthy_and_end(stack: Stack) -> None:
    for _ in range(2):
        assert stack.run("migrate").returncode == 0
    assert not stack.healthy("api")
    assert not stack.healthy("worker-cpu")

    # Two API processes, as two hosts would run them: they share the stores and nothing else.
    other_port = str(free_port())
    api, other = stack.start("api"), stack.start("api", GROKLAB_PORT=other_port)
    worker = stack.start("worker-cpu")
    stack.until(lambda: stack.healthy("api"), SECONDS)
    stack.until(lambda: stack.healthy("worker-cpu"), SECONDS)
    assert not stack.healthy("worker-gpu")
    with (
        Client(f"http://127.0.0.1:{stack.port}") as here,
        Client(f"http://127.0.0.1:{other_port}") as there,
    ):
        stack.until(there.ready, SECONDS)
        finished(there, stack)
        assert connections(url_of(stack)) <= 2 * API_CONNECTIONS + 2 * CHILD_CONNECTIONS
        assert stack.stop("api", other) in ENDED_BY_SIGNAL
        finished(here, stack)

    # What was killed signs nothing off, but is not there any more.
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    stack.until(lambda: not stack.healthy("worker-cpu"), SECONDS)
    worker = stack.start("worker-cpu", GROKLAB_CPU_PROCESSES="1")
    stack.until(lambda: stack.healthy("worker-cpu"), SECONDS)
    assert stack.stop("worker-cpu", worker) == 0
    assert not stack.healthy("worker-cpu")
    assert stack.stop("api", api) in ENDED_BY_SIGNAL
    assert not stack.healthy("api")


def test_the_gpu_worker_refuses_a_machine_without_a_gpu(stack: Stack) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert stack.run("migrate").returncode == 0
    done = stack.run("worker-gpu")
    assert done.returncode == 1
    assert done.stderr == "groklab: queue gpu needs a CUDA device, and torch sees none here\n"
    assert not stack.healthy("worker-gpu")
