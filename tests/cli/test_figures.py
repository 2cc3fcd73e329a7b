"""What the commands about figures ask for and print, and how they end."""

import json
from pathlib import Path

from tests.cli.straw import groklab


def test_figures_are_a_table(url: str) -> None:
    done = groklab("figures", url=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["figure", "title", "claims"],
        ["3", "l1", "groks", "C2", "C5"],
    ]
    assert json.loads(groklab("figures", "--json", url=url).stdout)[0]["id"] == "3"


def test_a_figure_is_submitted(url: str) -> None:
    done = groklab("figure", "3", url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "exp_1\n", "")
    assert json.loads(groklab("figure", "3", "--json", url=url).stdout) == {"experiment": "exp_1"}


def test_a_watched_figure_ends_with_its_verdict(url: str) -> None:
    done = groklab("figure", "3", "--scale", "smoke", "--watch", url=url)
    assert done.returncode == 0
    assert done.stderr.startswith("succeeded  100%")
    title, head, row = done.stdout.splitlines()
    assert title == "figure 3, smoke, exp_1"
    assert head.split() == ["claim", "what", "expected", "measured", "verdict"]
    assert row.split() == ["C2", "t1", "60", "60", "pass"]
    told = json.loads(groklab("figure", "3", "--watch", "--json", url=url).stdout)
    assert told["claims"][0]["measured"] == 60


def test_a_claim_that_fails_fails_the_command(url: str) -> None:
    done = groklab("figure", "4", "--scale", "paper", "--watch", url=url)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].split() == ["C5", "t1", "60", "-", "FAIL", "no", "t2"]
    assert done.stderr.endswith("groklab: 1 of 2 claims do not pass: C5\n")


def test_another_experiment_is_judged(url: str) -> None:
    done = groklab("figure", "4", "--experiment", "exp_1", "--json", url=url)
    assert (done.returncode, json.loads(done.stdout)["scale"]) == (1, "paper")
    done = groklab("figure", "4", "--experiment", "exp_1", "--watch", url=url)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_figure_that_there_is_not_is_a_plain_line(url: str) -> None:
    done = groklab("figure", "3", "--experiment", "exp_1", url=url + "/nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("groklab: no such thing")


def test_its_panels_are_drawn_once_the_runs_have_ended(url: str, tmp_path: Path) -> None:
    out = tmp_path / "figure.svg"
    done = groklab("figure", "3", "--out", str(out), url=url)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("succeeded  100%")
    assert done.stdout.splitlines()[:2] == [str(out), "figure 3, smoke, exp_1"]
    assert json.loads(out.read_text()) == "the picture of figure 3"
    # What does not pass is drawn all the same, and JSON stays JSON.
    done = groklab("figure", "4", "--experiment", "exp_1", "--out", str(out), "--json", url=url)
    assert (done.returncode, json.loads(done.stdout)["scale"]) == (1, "paper")
    assert json.loads(out.read_text()) == "the picture of figure 4"


def test_a_picture_of_no_form_is_refused_before_anything_is_submitted(url: str, tmp_path: Path) -> None:
    for out in ("figure.txt", str(tmp_path / "nowhere" / "figure.svg")):
        for command in (("figure", "3"), ("figure", "3", "--experiment", "exp_1")):
            done = groklab(*command, "--out", out, url=url)
            assert (done.returncode, done.stdout) == (2, "")
            assert "--out must be" in done.stderr
