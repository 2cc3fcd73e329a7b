"""list, show and delete, against the service itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.played import PlayedWorker, run_ids, spec, submit
from tests.api.served import Service, service_in
from tests.cli.straw import groklab

SWEPT = spec(
    name="l1 groks",
    tags=["demo"],
    sweep={
        "axes": [{"path": "/regularization/l1", "values": [1e-4, 2e-4]}],
        "seeds": {"start": 3, "count": 2},
    },
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path) as service:
        yield service


@pytest.fixture
def url(lab: Service) -> str:
    return str(lab.client.base_url)


def facts(told: str) -> dict[str, str]:
    """The lines of `show`, by their first word."""
    return {line.split()[0]: " ".join(line.split()[1:]) for line in told.splitlines()}


def test_list_shows_the_newest_and_says_that_there_are_more(lab: Service, url: str) -> None:
    old, new = submit(lab.client, SWEPT), submit(lab.client)
    done = groklab("list", url=url)
    head, first, second = done.stdout.splitlines()
    assert done.stderr == ""
    assert head.split() == ["id", "state", "runs", "progress", "problem", "created", "name"]
    assert first.split()[:5] == [new["id"], "queued", "1", "0%", "sparse_recovery"]
    assert (second.split()[:3], second.rstrip()[-8:]) == ([old["id"], "queued", "4"], "l1 groks")
    cut = groklab("list", "--limit", "1", "--json", url=url)
    assert [one["id"] for one in json.loads(cut.stdout)] == [new["id"]]
    assert cut.stderr == "the newest 1 are shown; there are more (--limit)\n"
    chosen = groklab("list", "--tag", "demo", "--state", "queued", "--limit", "1", "--json", url=url)
    assert [one["id"] for one in json.loads(chosen.stdout)] == [old["id"]]
    assert chosen.stderr == ""


def test_a_kind_of_problem_that_there_is_not_is_refused(url: str) -> None:
    done = groklab("list", "--problem", "sparse_recovry", url=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean sparse_recovery?" in done.stderr


def test_submit_tells_what_the_user_may_not_have_meant(url: str) -> None:
    done = groklab("submit", "-", url=url, stdin=json.dumps(SWEPT))
    assert (done.returncode, done.stdout[:4]) == (0, "exp_")
    assert done.stderr == "warning: seed = 7 is not used: /sweep/seeds overrides it with 3 to 4\n"


def test_show_tells_what_is_known_of_an_experiment_and_of_a_run(lab: Service, url: str) -> None:
    made = submit(lab.client, SWEPT)
    PlayedWorker(lab.db).finish_everything()
    told = facts(groklab("show", made["id"], url=url).stdout)
    assert (told["id"], told["name"], told["tags"]) == (made["id"], "l1 groks", "demo")
    assert (told["state"], told["runs"], told["progress"]) == ("succeeded", "4 (4 succeeded)", "100%")
    assert (told["/regularization/l1"], told["seed"]) == ("2 values", "2 from 3 on")
    assert "finished" in told
    run = run_ids(lab.client, made)[1]
    told = facts(groklab("show", run, url=url).stdout)
    assert (told["id"], told["experiment"], told["cell"]) == (run, made["id"], "1")
    assert (told["seed"], told["/regularization/l1"]) == ("4", "0.0001")
    assert (told["outcome"], told["t1"], told["t2"], told["delay"]) == ("grokked", "10", "60", "50")
    assert (told["train_error"], "cause" in told) == ("0.0001", False)
    as_json = json.loads(groklab("show", run, "--json", url=url).stdout)
    assert as_json == lab.client.get(f"/v1/runs/{run}").json()


def test_delete_says_what_goes_and_asks_first(lab: Service, url: str) -> None:
    made = submit(lab.client, SWEPT)
    PlayedWorker(lab.db).finish_everything()
    kept = groklab("delete", made["id"], url=url, stdin="n\n")
    assert (kept.returncode, kept.stdout) == (1, "")
    assert kept.stderr.startswith(f"{made['id']} (l1 groks): 4 runs (4 succeeded) with series, checkpoints,")
    assert "there is no way back. Delete? [y/N] " in kept.stderr
    assert lab.client.get(f"/v1/experiments/{made['id']}").status_code == 200
    gone = groklab("delete", made["id"], url=url, stdin="y\n")
    assert (gone.returncode, gone.stdout[: len(made["id"]) + 9]) == (0, f"{made['id']} deleted:")
    assert lab.client.get(f"/v1/experiments/{made['id']}").status_code == 404


def test_delete_leaves_what_goes_on_unless_it_is_forced(lab: Service, url: str) -> None:
    made = submit(lab.client, SWEPT)
    refused = groklab("delete", made["id"], "--yes", url=url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "has runs that have not ended (4 queued): `groklab cancel" in refused.stderr
    (run, *_) = run_ids(lab.client, made)
    assert "a run goes with its experiment alone" in groklab("delete", run, "--yes", url=url).stderr
    gone = groklab("delete", made["id"], "--yes", "--force", "--json", url=url)
    assert json.loads(gone.stdout) == {"id": made["id"], "bytes_freed": 0}
    assert gone.stderr == ""
    assert lab.client.get(f"/v1/experiments/{made['id']}").status_code == 404
