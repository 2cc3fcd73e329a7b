"""Commands against a service of straw: what they print, and how they fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.straw import DRY_RUN, PENDING, ROW, groklab


def test_submit_prints_the_id_alone(url: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text("{}")
    done = groklab("submit", str(spec), url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "exp_1\n", "")


def test_submit_reads_standard_input_and_watches_in_plain_lines(url: str) -> None:
    done = groklab("submit", "-", "--watch", url=url, stdin="{}")
    assert (done.returncode, done.stdout) == (0, "exp_1\n")
    assert done.stderr == "succeeded  100%  step 500/500  1,234 steps/s  train 1.00e-03\n"


def test_submit_dry_run_and_watch_as_json(url: str) -> None:
    told = json.loads(groklab("submit", "-", "--json", url=url, stdin="{}").stdout)
    assert (told["id"], told["state"]) == ("exp_1", "succeeded")
    assert json.loads(groklab("submit", "-", "--dry-run", "--json", url=url, stdin="{}").stdout) == DRY_RUN
    failed = groklab("watch", "exp_2", "--json", url=url)
    assert (failed.returncode, json.loads(failed.stdout)["counts"]) == (1, {"failed": 2})


def test_refused_spec_is_told_field_by_field(url: str) -> None:
    done = groklab("submit", "-", url=url, stdin='{"name": "bad"}')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "groklab: /regularization/l1: at least 0 (got -1)",
        "groklab: /steps: Field required",
    ]


def test_dry_run_shows_cost_predictions_and_warnings(url: str) -> None:
    done = groklab("submit", "-", "--dry-run", url=url, stdin="{}")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["cells", "1,200"],
        ["reused", "2"],
        ["batches", "5"],
        ["run-steps", "71,880,000"],
        ["time", "about", "90.0", "minutes", "on", "one", "core"],
        ["memory", "about", "12.0", "MiB", "at", "once"],
        [],
        ["cell", "seed", "/regularization/l1", "t1", "delay", "t2", "in_regime"],
        ["0", "3", "0.0001", "55", "6,955", "7,009", "yes"],
        ["1", "3", "0", "-", "-", "-", "no"],
        [
            "...",
            "predictions",
            "for",
            "2",
            "of",
            "1,200",
            "cells,",
            "spread",
            "evenly",
            "over",
            "the",
            "sweep",
        ],
        [],
        ["warning:", "predicted", "t2", "=", "7e5", ">", "steps", "=", "1e5", "(cell", "3)"],
        ["warning:", "1", "run", "asks", "for", "cuda"],
    ]


def test_dry_run_of_a_bad_spec_is_told_field_by_field(url: str) -> None:
    done = groklab("submit", "-", "--dry-run", url=url, stdin='{"name": "bad"}')
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("groklab: /regularization/l1: at least 0 (got -1)\n")


def test_watched_experiment_that_failed_fails_the_command(url: str) -> None:
    done = groklab("watch", "exp_2", "--url", url)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "groklab: experiment exp_2 failed: 2 failed"


def test_unknown_experiment_is_one_line(url: str) -> None:
    done = groklab("results", "exp_3", url=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "groklab: no such thing: /v1/experiments/exp_3/results\n"


def test_results_as_json_are_those_of_every_page(url: str) -> None:
    assert json.loads(groklab("results", "exp_1", "--json", url=url).stdout) == [ROW, PENDING]


def test_results_as_csv_have_a_column_for_each_axis_and_final_metric(url: str) -> None:
    lines = groklab("results", "exp_1", "--csv", url=url).stdout.splitlines()
    head = "run,seed,/regularization/l1,state,outcome,t1,t2,delay,theory_delay,theory_ratio,test_error"
    assert lines[0] == head
    assert lines[1] == "run_1,3,0.1,succeeded,grokked,60,400,340,170.0,2.0,0.0001"
    assert lines[2] == "run_2,3,0.1,queued,,60,400,340,,,"


def test_results_as_a_table_show_whole_ids(url: str) -> None:
    lines = groklab("results", "exp_1", url=url).stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].split() == [
        *("run_1", "3", "0.1", "succeeded", "grokked", "60", "400", "340", "170", "2", "0.0001")
    ]


def test_service_that_is_away_has_an_exit_code_of_its_own() -> None:
    done = groklab("watch", "exp_1", url="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("groklab: no service answers at http://127.0.0.1:1 ")
    assert done.stderr.endswith("; choose another address with --url or GROKLAB_URL\n")
    assert done.stderr.count("\n") == 1


def test_an_address_that_was_given_needs_no_hint(url: str) -> None:
    done = groklab("watch", "exp_1", "--url", "http://127.0.0.1:1", url=url)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("groklab: no service answers at http://127.0.0.1:1 ")
    assert "--url" not in done.stderr


def test_an_address_that_was_given_precedes_the_environment(url: str) -> None:
    done = groklab("results", "exp_1", "--json", "--url", url, url="http://127.0.0.1:1")
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "standard input is not JSON: "),
        ('{"steps": NaN}', "standard input is not JSON: NaN is no number of JSON"),
    ],
)
def test_input_that_is_not_json_is_one_line(text: str, message: str) -> None:
    done = groklab("submit", "-", stdin=text)
    assert done.returncode == 2
    assert done.stderr.startswith(f"groklab: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["submit", "/no/such/file"], "cannot read /no/such/file: No such file or directory"),
        (["results", "exp_1", "--csv", "--json"], "--json and --csv exclude each other"),
        (["submit", "-", "--watch", "--dry-run"], "--watch and --dry-run exclude each other"),
        (["worker", "--queue", "tpu"], "'tpu' is not one of 'cpu', 'gpu'"),
        (["worker", "--concurrency", "0"], "x>=1"),
        (["conquer"], "No such command 'conquer'"),
        (["up", "--port", "many"], "'--port'"),
    ],
)
def test_misuse_is_one_line(arguments: list[str], message: str) -> None:
    done = groklab(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_faulty_setting_is_named_by_its_variable(tmp_path: Path) -> None:
    done = groklab("migrate", GROKLAB_STATE_DIR=str(tmp_path), GROKLAB_LEASE_SECONDS="never")
    assert done.returncode == 2
    assert done.stderr.startswith("groklab: GROKLAB_LEASE_SECONDS: ")
    assert "(got 'never')" in done.stderr


@pytest.mark.parametrize("command", ["api", "worker"])
def test_url_of_no_database_is_refused(command: str, tmp_path: Path) -> None:
    done = groklab(command, GROKLAB_STATE_DIR=str(tmp_path), GROKLAB_DATABASE_URL="oracle://host/name")
    assert done.returncode == 1
    assert (
        done.stderr
        == "groklab: cannot open the database: database must be sqlite or postgresql; got 'oracle'\n"
    )


def test_migrate_makes_the_database(tmp_path: Path) -> None:
    done = groklab("migrate", "--state-dir", str(tmp_path / "deep" / "state"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "deep" / "state" / "groklab.db").exists()


def test_database_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    done = groklab("migrate", GROKLAB_STATE_DIR=str(tmp_path), GROKLAB_DATABASE_URL="oracle://host/name")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_help_is_quick_and_lists_the_commands() -> None:
    done = groklab("--help")
    assert done.returncode == 0
    for name in ("up", "api", "worker", "migrate", "submit", "watch", "results", "demo"):
        assert f" {name} " in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, api.cli; heavy = {'torch', 'sqlalchemy', 'celery', 'fastapi', 'httpx', 'numpy'};"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
