"""`groklab up` and `groklab demo`: whatever happens, nothing is left running."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from api.client import Client
from api.commands.children import free_port
from api.commands.health import count_training
from api.commands.up import Family
from tests.api.played import PlayedWorker, submit, sweep
from tests.api.served import service_in
from tests.faults.lab import alive, children_of
from worker.settings import Settings

ROOT = Path(__file__).parents[2]


class Up:
    """A running `groklab up`."""

    def __init__(self, folder: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")}
        env = {**inherited, "PYTHONPATH": str(ROOT), "GROKLAB_LEASE_SECONDS": "2"}
        port = free_port()
        self.log = folder / "up.log"
        options = ["--port", str(port), "--state-dir", str(folder / "state")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "up", *options],
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.url = f"http://127.0.0.1:{port}"

    def await_ready(self) -> None:
        """Waits until it says so."""
        until(lambda: f"ready at {self.url}" in self.log.read_text(), 60)

    def child(self, name: str) -> int:
        """The process id of the API or of the worker; 0 while there is none."""
        for pid in children_of(self.process.pid):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if name.encode() in arguments:
                return pid
        return 0

    def family(self) -> list[int]:
        """Every process under it."""
        found = [self.process.pid]
        for pid in found:
            found += children_of(pid)
        return found


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    started = Up(tmp_path)
    try:
        started.await_ready()
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.process.pid, signal.SIGKILL)
        started.process.wait()


def until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_up_replaces_a_dead_worker_and_ends_everything_on_ctrl_c(up: Up) -> None:
    worker = up.child("worker")
    os.kill(worker, signal.SIGKILL)
    until(lambda: up.child("worker") not in (0, worker), 15)
    with Client(up.url) as client:
        assert client.ready()
    until(lambda: "the worker is ready" in up.log.read_text(), 60)
    assert up.log.read_text().count("the worker is ready") == 1
    family = up.family()
    os.killpg(up.process.pid, signal.SIGINT)
    assert up.process.wait(20) == 0
    assert not any(alive(pid) for pid in family)
    told = up.log.read_text()
    assert "Traceback" not in told
    assert "the worker is starting; what is submitted meanwhile waits for it\n" in told
    assert told.count("\nstopping\n") == 1


@pytest.mark.slow
def test_up_ends_when_the_api_dies(up: Up) -> None:
    family = up.family()
    os.kill(up.child("api"), signal.SIGKILL)
    assert up.process.wait(20) == 1
    assert not any(alive(pid) for pid in family)
    assert "the API ended with status -9" in up.log.read_text()


@pytest.mark.slow
def test_children_end_when_up_is_killed(up: Up) -> None:
    family = up.family()
    up.process.kill()
    up.process.wait()
    until(lambda: not any(alive(pid) for pid in family), 30)


STUBBORN = "trap '' TERM; sleep 60 & echo $!; wait; wait"


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """One whose only child, and the process under that, take no notice of SIGTERM."""
    child = subprocess.Popen(["sh", "-c", STUBBORN], stdout=subprocess.PIPE)
    one = Family(Settings(state_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/none.db"))
    one._children = [child]
    yield one
    assert child.stdout is not None
    child.stdout.close()
    child.kill()
    child.wait()


def below(family: Family) -> int:
    """The process under the child, once it is there."""
    out = family._children[0].stdout
    assert out is not None
    return int(out.readline())


def test_where_nothing_is_trained_what_does_not_end_is_ended(
    family: Family, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.commands.up._IDLE_STOP_SECONDS", 0.1)
    pid = below(family)
    family.on_signal(signal.SIGTERM, None)
    family.stop()
    assert capsys.readouterr().err == "stopping\n"
    assert family._children[0].returncode == -signal.SIGKILL
    until(lambda: not alive(pid), 10)


def test_runs_are_waited_for_until_a_second_signal(
    family: Family, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.commands.up.count_training", lambda settings: 3)
    monkeypatch.setattr("api.commands.up._STOP_SECONDS", 600.0)
    pid = below(family)
    family.on_signal(signal.SIGTERM, None)
    again = threading.Timer(0.3, family.on_signal, (signal.SIGINT, None))
    again.start()
    family.stop()
    again.join()
    assert capsys.readouterr().err == (
        "stopping: waiting for 3 runs to write their checkpoints; again Ctrl-C to stop now\n"
    )
    until(lambda: not alive(pid), 10)


def test_once_runs_have_been_given_back_what_is_left_is_ended(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([3, 2, 0])
    monkeypatch.setattr("api.commands.up.count_training", lambda settings: next(counts))
    monkeypatch.setattr("api.commands.up._ASK_SECONDS", 0.05)
    monkeypatch.setattr("api.commands.up._IDLE_STOP_SECONDS", 0.1)
    monkeypatch.setattr("api.commands.up._STOP_SECONDS", 600.0)
    pid = below(family)
    family.stop()
    assert next(counts, None) is None
    until(lambda: not alive(pid), 10)


def test_only_runs_in_training_are_counted(tmp_path: Path) -> None:
    with service_in(tmp_path) as service:
        submit(service.client, sweep(seeds=3))
        assert count_training(service.settings) == 0
        PlayedWorker(service.db).claim()
        assert count_training(service.settings) == 3


@pytest.mark.slow
def test_demo_prints_the_golden_numbers_and_draws_them(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "golden.png"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "api.cli", "demo", "--out", str(picture)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()[:4]] == [
        "60",
        "100,347",
        "100,287",
        "69,546.3",
    ]
    assert picture.stat().st_size > 10_000
    # torch makes a folder for code that it might compile.
    assert [path for path in tmp_path.iterdir() if not path.name.startswith("torchinductor")] == [picture]


def test_demo_refuses_an_impossible_picture_before_it_starts(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "api.cli", "demo", "--out", str(tmp_path / "none" / "demo.png")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("groklab: --out must be ")
