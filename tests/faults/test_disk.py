"""No room for the files of the embedded service; when there is room again, everything is finished."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from core.store import list_events
from tests.faults.conftest import open_lab
from tests.faults.lab import Lab
from tests.faults.sweeps import amid, settled, submit_sweep

PAGE = 4096
TMPFS_BYTES = 64 * 2**20


@contextmanager
def files_no_larger_than(pids: list[int], size: int) -> Iterator[None]:
    """Writes of these processes beyond `size` of any file fail with EFBIG inside of it."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def lost(lab: Lab, experiment: str) -> bool:
    """Whether a run of the experiment was taken back from its worker."""
    runs = lab.runs(experiment)
    with lab.database.read() as conn:
        return any(event.kind == "lost" for run in runs for event in list_events(conn, run["id"]))


def refused(lab: Lab) -> None:
    """A POST is refused for now, in so many words."""
    answer = lab.try_submit()
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
    assert "retry-after" in answer.headers


@pytest.mark.slow
def test_files_that_cannot_grow(shared: Lab) -> None:
    worker = shared.worker()
    experiment = submit_sweep(shared)
    amid(shared, experiment)
    with files_no_larger_than(shared.children(worker), PAGE):
        # The worker cannot even keep its lease; what it holds goes back to the queue.
        shared.until(lambda: lost(shared, experiment), 90)
        with files_no_larger_than([shared.api.pid], PAGE):
            refused(shared)
            assert shared.get(f"/v1/experiments/{experiment}")["id"] == experiment
    settled(shared, experiment)
    shared.kill(worker)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own at `folder`; skips where none may be mounted."""
    folder.mkdir()
    options = f"size={TMPFS_BYTES}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "groklab-test", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small file system may not be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Takes all the room there is; the file to remove."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        # Down to the last page; the loop ends when there is no room.
        while True:
            file.write(bytes(PAGE))
    assert shutil.disk_usage(folder).free < PAGE
    return ballast


def test_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state"), open_lab("embedded", tmp_path) as lab:
        lab.worker()
        experiment = submit_sweep(lab)
        amid(lab, experiment)
        ballast = fill(lab.state_folder)
        try:
            lab.until(lambda: lab.try_submit().status_code == httpx.codes.SERVICE_UNAVAILABLE, 60)
            refused(lab)
            assert "disk" in httpx.get(f"{lab.url}/readyz", trust_env=False).json()["missing"]
            lab.until(lambda: "database: OperationalError" in lab.log("worker"), 60)
        finally:
            ballast.unlink()
        settled(lab, experiment)
