"""Compiled code on a disk that is damaged or full: it is compiled, and trains the same."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_TRIPLE = """
import core.kernels.simd as simd

def triple(x):
    return 3.0 * x

print(simd.compiled(triple)(float(14)))
"""


def triple(folder: Path, code: Path) -> "subprocess.CompletedProcess[str]":
    """Compiles a function, kept in the folder, in a process of its own."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(code)], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "triple.py"
    path.write_text(_TRIPLE)
    return path


def files(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.rglob(f"triple*.{ending}"))


@pytest.mark.parametrize("damaged", ["nbi", "nbc"])
@pytest.mark.parametrize("size", [0, 100])
def test_damaged_code_is_compiled_anew_and_kept(tmp_path: Path, code: Path, damaged: str, size: int) -> None:
    folder = tmp_path / "code"
    assert triple(folder, code).stdout == "42.0\n"
    (path,) = files(folder, damaged)
    whole = path.stat().st_size
    os.truncate(path, size)
    answer = triple(folder, code)
    assert (answer.returncode, answer.stdout) == (0, "42.0\n")
    assert "cannot be read" in answer.stderr
    assert files(folder, damaged)[0].stat().st_size == whole
    assert triple(folder, code).stderr == ""


def test_code_is_compiled_anew_when_what_it_calls_has_changed(tmp_path: Path, code: Path) -> None:
    called = tmp_path / "called.py"
    definition = "import core.kernels.simd as simd\n\n@simd.compiled\ndef factor():\n    return {}\n"
    code.write_text("from called import factor\n" + _TRIPLE.replace("3.0", "factor()"))
    for value in (3.0, 4.0, 3.0):
        called.write_text(definition.format(value))
        assert triple(tmp_path / "code", code).stdout == f"{value * 14}\n"
        assert triple(tmp_path / "code", code).stdout == f"{value * 14}\n"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of one page, taken."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_nothing_and_stops_nothing(full: Path, code: Path) -> None:
    answer = triple(full, code)
    assert (answer.returncode, answer.stdout) == (0, "42.0\n")
    assert "cannot be kept" in answer.stderr
    assert files(full, "nbc") == []
