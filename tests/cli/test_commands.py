"""Commands against a service of straw: what they print, and how they fail."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXPERIMENT: dict[str, Any] = {
    "id": "exp_1",
    "name": None,
    "state": "succeeded",
    "counts": {"succeeded": 1},
    "progress": 1.0,
    "eta_seconds": 0.0,
    "more": "than the client knows",
}
RUN: dict[str, Any] = {
    "id": "run_1",
    "state": "succeeded",
    "outcome": "grokked",
    "cause": None,
    "message": None,
    "step": 500,
    "steps": 500,
    "steps_per_second": 1234.5,
    "t1": 60,
    "t2": 400,
    "delay": 340,
    "final": {},
}
ROW = {
    "run": "run_1",
    "seed": 3,
    "axes": {"/regularization/l1": 0.1},
    "state": "succeeded",
    "outcome": "grokked",
    "t1": 60,
    "t2": 400,
    "delay": 340,
    "theory": {"delay": 170.0, "ratio": 2.0},
    "final": {"test_error": 1e-4},
}
PENDING = {**ROW, "run": "run_2", "state": "queued", "outcome": None, "theory": None, "final": {}}
PROBLEM = {
    "type": "/docs#invalid-spec",
    "title": "Invalid spec",
    "status": 422,
    "detail": "the spec cannot be run",
    "errors": [
        {"pointer": "/regularization/l1", "message": "at least 0", "value": -1},
        {"pointer": "/steps", "message": "Field required", "value": None},
    ],
}
DRY_RUN: dict[str, Any] = {
    "cells": 1200,
    "reused": 2,
    "batches": [{"runs": 256, "bytes": 3}],
    "batch_count": 5,
    "cost": {"run_steps": 71_880_000, "seconds": 5400.0, "bytes": 12 * 2**20},
    "predicted": [
        {
            "cell": 0,
            "seed": 3,
            "axes": {"/regularization/l1": 1e-4},
            "t1": 54.6,
            "delay": 6954.6,
            "t2": 7009.2,
            "theory": {"in_regime": True},
        },
        {
            "cell": 1,
            "seed": 3,
            "axes": {"/regularization/l1": 0},
            "t1": None,
            "delay": None,
            "t2": None,
            "theory": {"in_regime": False},
        },
    ],
    "warnings": ["predicted t2 = 7e5 > steps = 1e5 (cell 3)", "1 run asks for cuda"],
}
ANSWERS: dict[str, Any] = {
    "/v1/experiments/exp_1": EXPERIMENT,
    "/v1/experiments/exp_2": {**EXPERIMENT, "id": "exp_2", "state": "failed", "counts": {"failed": 2}},
    "/v1/experiments/exp_1/runs": {"items": [RUN], "next_cursor": None},
    "/v1/experiments/exp_1/results": {"items": [ROW], "next_cursor": "next"},
    "/v1/experiments/exp_1/results?cursor": {"items": [PENDING], "next_cursor": None},
    "/v1/runs/run_1/metrics": {
        "items": [{"name": "train_error", "last": 1e-3}, {"name": "test_error", "last": None}]
    },
}
NOTHING_TO_RETRY = {"title": "Conflict", "status": 409, "detail": "nothing to retry", "errors": []}
TOO_FEW_STEPS = {
    "title": "Invalid request",
    "status": 422,
    "detail": "too few",
    "errors": [{"pointer": "/steps", "message": "more than 500", "value": 400}],
}
ASKED: list[Any] = []
VERIFICATION = {
    "id": "run_9",
    "run_id": "run_1",
    "state": "queued",
    "verdict": None,
    "tolerance": None,
    "largest": None,
    "largest_at": None,
    "first": None,
    "links": {"experiment": "/v1/experiments/exp_1"},
}
VERIFIED: dict[str, dict[str, Any]] = {
    "run_1": {"verdict": "equal", "tolerance": 1e-6, "largest": 0.0},
    "run_2": {
        "verdict": "differs",
        "tolerance": 1e-6,
        "largest": 0.25,
        "largest_at": {"metric": "t2", "step": 1000},
        "first": {"metric": "test_error", "step": 7},
    },
}
ACTIONS: dict[str, tuple[int, Any]] = {
    "/v1/experiments/exp_1/retry": (202, EXPERIMENT),
    "/v1/experiments/exp_2/retry": (409, NOTHING_TO_RETRY),
    "/v1/runs/run_1/retry": (202, {**RUN, "experiment_id": "exp_1"}),
    **{f"/v1/runs/{run}/verify": (202, {**VERIFICATION, "run_id": run}) for run in VERIFIED},
    "/v1/experiments/exp_1/extend": (202, EXPERIMENT),
    "/v1/experiments/exp_2/extend": (422, TOO_FEW_STEPS),
}


class Straw(BaseHTTPRequestHandler):
    """Answers from a table; a spec with the name `bad` is refused."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if "/verifications/" in path:
            run = path.split("/")[3]
            self._answer(200, {**VERIFICATION, "run_id": run, "state": "succeeded", **VERIFIED[run]})
            return
        found = ANSWERS.get(f"{path}?cursor" if "cursor=" in query else path)
        problem = {"title": "Not found", "status": 404, "detail": f"no such thing: {path}", "errors": []}
        self._answer(200 if found else 404, found or problem)

    def do_POST(self) -> None:
        if self.path in ACTIONS:
            ASKED.append(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(*ACTIONS[self.path])
            return
        spec = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bad = spec.get("name") == "bad"
        if self.path.endswith("?dry_run=true") and not bad:
            self._answer(200, DRY_RUN)
            return
        self._answer(422 if bad else 202, PROBLEM if bad else EXPERIMENT)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self, status: int, data: Any) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json" if status > 399 else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Straw)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def groklab(
    *arguments: str, url: str = "", stdin: str = "", **env: str
) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")}
    env = {**inherited, "PYTHONPATH": str(ROOT), **({"GROKLAB_URL": url} if url else {}), **env}
    command = [sys.executable, "-m", "api.cli", *arguments]
    done = subprocess.run(
        command, env=env, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def test_submit_prints_the_id_alone(url: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text("{}")
    done = groklab("submit", str(spec), url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "exp_1\n", "")


def test_submit_reads_standard_input_and_watches_in_plain_lines(url: str) -> None:
    done = groklab("submit", "-", "--watch", url=url, stdin="{}")
    assert (done.returncode, done.stdout) == (0, "exp_1\n")
    assert done.stderr == "succeeded  100%  step 500/500  1,234 steps/s  train 1.00e-03\n"


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
