"""A worker whose clock is an hour off: leases and times are those of the database."""

import os
from pathlib import Path

import pytest

from tests.faults import oracle
from tests.faults.lab import Lab
from tests.faults.sweeps import amid, settled, submit_sweep

LIBRARY = "GROKLAB_TEST_FAKETIME"
PLACES = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
HALF_AN_HOUR = 1800


def off_by(hours: int) -> dict[str, str]:
    """The environment of a process whose clock is off; skips without libfaketime."""
    given = os.environ.get(LIBRARY)
    found = (
        [Path(given)] if given else [p for place in PLACES for p in Path(place).glob("**/libfaketimeMT.so.1")]
    )
    if not found:
        pytest.skip(f"no libfaketime at {LIBRARY} [{', '.join(PLACES)}]")
    return {
        "LD_PRELOAD": str(found[0]),
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
