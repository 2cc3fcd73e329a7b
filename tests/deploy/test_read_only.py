"""Where a container may write nothing else, compiled steps are kept in the folder that the image names."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.deploy.compose import ROOT

CONFINED = """
set -e
mount --make-rprivate /
mount -t tmpfs none /tmp
mkdir /tmp/kernels
mount -o bind,remount,ro /
if touch {root}/written 2>&-; then exit 9; fi
cd /
exec {python} -P -c "{program}"
"""
PROGRAM = """
import pathlib
from core.kernels.jacobi import LANES, identity
from core.kernels.memory import zeros
v = zeros(2, 2, LANES)
identity(v, 2)
assert (v[0, 0] == 1).all() and (v[0, 1] == 0).all()
kept = [path.name for path in pathlib.Path('/tmp/kernels').rglob('jacobi.identity*')]
assert any(name.endswith('.nbc') for name in kept), kept
"""


@pytest.fixture
def namespaces() -> list[str]:
    tool = shutil.which("unshare")
    command = [tool or "unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    trial = [*command, "sh", "-c", "mount --make-rprivate / && mount -o bind,remount,ro /"]
    if tool is None or subprocess.run(trial, check=False, capture_output=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    return command


def test_compiled_steps_go_where_the_image_says(namespaces: list[str]) -> None:
    pytest.importorskip("numba")
    script = CONFINED.format(root=ROOT, python=sys.executable, program=PROGRAM)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/tmp", "NUMBA_CACHE_DIR": "/tmp/kernels"}
    done = subprocess.run(
        [*namespaces, "sh", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
