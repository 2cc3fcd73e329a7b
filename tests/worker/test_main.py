"""The worker's process, run as a command."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_worker_whose_child_cannot_start_ends_with_a_failure(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('torch of straw')")
    env = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
        "GROKLAB_DATABASE_URL": sqlite_url,
        "GROKLAB_STATE_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "api.cli", "worker", "--concurrency", "1"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "torch of straw" in done.stderr
