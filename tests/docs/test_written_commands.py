"""The commands in the documentation: all of them exist, with the options that they are written with."""

import json
import subprocess
import sys
from pathlib import Path


def test_every_written_command_can_be_typed() -> None:
    # In a process of its own: what Typer imports of Click warns, and warnings are errors here.
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.commands"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert found["calls"] > 30
