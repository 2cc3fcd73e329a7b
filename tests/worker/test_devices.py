"""One GPU a process: the assignment, what it refuses, and what a process sees before it loads torch."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from worker.devices import VISIBLE, gpu_devices, named, see_only

ROOT = Path(__file__).parents[2]
STRAW = """
import os, sys
class cuda:
    @staticmethod
    def device_count():
        return len(os.environ["CUDA_VISIBLE_DEVICES"].split(","))
if sys.argv[0] != "-c":
    raise ImportError("a child sees " + os.environ["CUDA_VISIBLE_DEVICES"] + ".")
"""


@pytest.mark.parametrize(
    ("inherited", "count", "expected"),
    [
        (None, 3, ("0", "1", "2")),
        (None, 0, ()),
        ("2,3", 2, ("2", "3")),
        (" 2 , 0", 2, ("2", "0")),
        ("GPU-8932f937,GPU-0a1b2c3d", 2, ("GPU-8932f937", "GPU-0a1b2c3d")),
        ("0,1,-1,2", 2, ("0", "1")),
        ("", 0, ()),
    ],
)
def test_devices_are_named_as_the_inherited_list_does(
    inherited: str | None, count: int, expected: tuple[str, ...]
) -> None:
    assert named(inherited, count) == expected


def test_a_process_that_has_torch_cannot_choose_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", sys)
    monkeypatch.setenv(VISIBLE, "0,1")
    with pytest.raises(RuntimeError, match="before CUDA_VISIBLE_DEVICES"):
        see_only("1")
    assert os.environ[VISIBLE] == "0,1"


def test_a_process_sees_its_device_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setenv(VISIBLE, "4,5")
    see_only("5")
    assert os.environ[VISIBLE] == "5"


def test_by_default_every_device_has_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.devices._count", lambda: 2)
    monkeypatch.setenv(VISIBLE, "6,7")
    assert gpu_devices(None) == ("6", "7")
    assert gpu_devices(1) == ("6",)
    with pytest.raises(ValueError, match=r"at most 2 for queue gpu.*6, 7 here\. Got 3 instead"):
        gpu_devices(3)


def worker(folder: Path, url: str, *options: str, straw: str = STRAW) -> subprocess.CompletedProcess[str]:
    (folder / "torch.py").write_text(straw)
    env = {
        **os.environ,
        "PYTHONPATH": f"{folder}:{ROOT}",
        "GROKLAB_DATABASE_URL": url,
        "GROKLAB_STATE_DIR": str(folder),
        VISIBLE: "GPU-a,GPU-b",
    }
    command = [sys.executable, "-m", "api.cli", "worker", "--queue", "gpu", *options]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_each_child_of_the_pool_loads_torch_with_a_device_of_its_own(sqlite_url: str, tmp_path: Path) -> None:
    done = worker(tmp_path, sqlite_url)
    assert done.returncode == 1, done.stderr
    seen = re.findall(r"ImportError: a child sees ([^.]+)\.", done.stderr)
    assert len(seen) == len(set(seen)), "two children on one device"
    assert seen
    assert set(seen) <= {"GPU-a", "GPU-b"}


def test_more_processes_than_devices_are_refused(sqlite_url: str, tmp_path: Path) -> None:
    done = worker(tmp_path, sqlite_url, "--concurrency", "3")
    assert done.returncode == 1
    assert done.stderr == (
        "groklab: --concurrency must be at most 2 for queue gpu, one process a device: torch sees "
        "GPU-a, GPU-b here. Got 3 instead.\n"
    )


@pytest.mark.parametrize(
    ("straw", "reason"),
    [
        ("class cuda:\n    device_count = staticmethod(lambda: 0)\n", "torch sees none here"),
        (
            "raise ImportError('no torch of any kind')",
            "torch could not look for one: ImportError: no torch of any kind",
        ),
    ],
)
def test_no_device_is_a_plain_line(sqlite_url: str, tmp_path: Path, straw: str, reason: str) -> None:
    done = worker(tmp_path, sqlite_url, straw=straw)
    assert done.returncode == 1
    assert done.stderr == f"groklab: queue gpu needs a CUDA device, and {reason}\n"
