"""A worker whose clock is an hour off: leases and times are those of the database."""

import os
from importlib.resources import files
from pathlib import Path

import pytest

from tests.faults import oracle
from tests.faults.lab import Lab
from tests.faults.sweeps import amid, settled, submit_sweep

LIBRARY = "GROKLAB_TEST_FAKETIME"


def faketime() -> Path:
    """The library that the package of that name brings along, or the one that is named."""
    if LIBRARY in os.environ:
        return Path(os.environ[LIBRARY])
    package = files("libfaketime")
    (found,) = Path(str(package)).glob("vendor/libfaketime/src/libfaketime.so.*")
    return found


def off_by(hours: int) -> dict[str, str]:
    """The environment of a process whose clock is off."""
    return {
        "LD_PRELOAD": str(faketime()),
        "FAKETIME": f"{hours:+d}h",
        # Setting a clock does not change what is measured as time passed.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, -1])
def test_worker_an_hour_off(servers_lab: Lab, hours: int) -> None:
    off = servers_lab.worker(env=off_by(hours))
    first = submit_sweep(servers_lab)
    servers_lab.finish(first, 180)
    for run in servers_lab.runs(first):
        assert run["created_at"] <= run["started_at"] <= run["finished_at"]
    oracle.check(servers_lab.database, [first])
    # Lost by the one that is off, taken up by one that is right.
    second = submit_sweep(servers_lab)
    amid(servers_lab, second)
    servers_lab.kill(off)
    right = servers_lab.worker()
    settled(servers_lab, second)
    oracle.same(servers_lab.database, second, first)
    # And the other way round.
    third = submit_sweep(servers_lab)
    amid(servers_lab, third)
    servers_lab.kill(right)
    servers_lab.worker(env=off_by(hours))
    settled(servers_lab, third)
