"""What the worker's parent may import."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["worker.settings", "worker.app", "worker.main", "worker.child", "api.cli"]
)
def test_torch_is_not_imported_by(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
