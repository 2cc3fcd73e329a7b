"""What the commands that go on with runs ask for, print, and how they fail."""

import json
from typing import Any

import pytest

from tests.cli.straw import ASKED, groklab


@pytest.mark.parametrize("name", ["exp_1", "run_1"])
def test_retry_tells_how_far_the_experiment_is(url: str, name: str) -> None:
    done = groklab("retry", name, url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "exp_1 succeeded: 1 succeeded\n", "")


def test_retry_as_json_while_it_is_watched(url: str) -> None:
    done = groklab("retry", "exp_1", "--json", "--watch", url=url)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert (told["id"], told["counts"], told["progress"]) == ("exp_1", {"succeeded": 1}, 1.0)
    assert done.stderr.startswith("succeeded  100%")


def test_a_refused_retry_is_a_plain_line(url: str) -> None:
    done = groklab("retry", "exp_2", url=url)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "groklab: nothing to retry\n")


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ([], {"steps": 900, "censored_only": False, "reuse": None}),
        (["--censored-only", "--no-reuse"], {"steps": 900, "censored_only": True, "reuse": False}),
        (["--reuse"], {"steps": 900, "censored_only": False, "reuse": True}),
    ],
)
def test_extend_asks_for_steps(url: str, options: list[str], asked: Any) -> None:
    done = groklab("extend", "exp_1", "--steps", "900", *options, url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "exp_1 succeeded: 1 succeeded\n", "")
    assert json.loads(ASKED[-1]) == asked


def test_a_refused_extension_is_told_field_by_field(url: str) -> None:
    done = groklab("extend", "exp_2", "--steps", "400", url=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "groklab: /steps: more than 500 (got 400)\n"


def test_refine_asks_for_finer_cells_and_tells_their_experiment(url: str) -> None:
    done = groklab("refine", "exp_1", "--axis", "/problem/measurements", "--watch", url=url)
    assert (done.returncode, done.stdout) == (0, "exp_1\n")
    assert done.stderr.startswith("succeeded  100%")
    assert json.loads(ASKED[-1]) == {"axis": "/problem/measurements", "tolerance": 0.01}


def test_refine_fails_where_nothing_is_left(url: str) -> None:
    done = groklab("refine", "exp_2", "--axis", "/steps", "--tolerance", "0.5", url=url)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "groklab: nothing to refine: ...\n")


def test_verify_tells_what_was_asked_for(url: str) -> None:
    done = groklab("verify", "run_1", url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "run_9  queued\n", "")


def test_verify_waits_for_the_verdict(url: str) -> None:
    done = groklab("verify", "run_1", "--watch", "--json", url=url)
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "equal"
    done = groklab("verify", "run_2", "--watch", url=url)
    assert done.returncode == 1
    assert done.stdout == (
        "run_9  differs  largest 2.5e-01 at step 1,000 of t2 (tolerance 1e-06)  "
        "first at step 7 of test_error\n"
    )
    assert done.stderr.splitlines()[-1] == "groklab: run_2: differs"


@pytest.mark.parametrize("name", ["exp_1", "run_1"])
def test_cancel_tells_how_far_the_experiment_is(url: str, name: str) -> None:
    done = groklab("cancel", name, url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "exp_1 succeeded: 1 succeeded\n", "")
    watched = groklab("cancel", name, "--watch", "--json", url=url)
    assert json.loads(watched.stdout)["state"] == "succeeded"
    assert watched.stderr.startswith("succeeded  100%")
