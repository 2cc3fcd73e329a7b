"""A service of straw for commands, and the commands as processes of their own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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
CLAIM = {
    "id": "C2",
    "claim": "t1",
    "expected": "60",
    "measured": 60.0,
    "passed": True,
    "runs": ["run_1"],
    "note": None,
}
MISSED = {**CLAIM, "id": "C5", "measured": None, "passed": False, "note": "no t2"}
ANSWERS: dict[str, Any] = {
    "/v1/figures": {
        "items": [{"id": "3", "title": "l1 groks", "claims": ["C2", "C5"], "links": {}}],
        "next_cursor": None,
    },
    "/v1/figures/3/verdict": {"scale": "smoke", "passed": True, "claims": [CLAIM]},
    "/v1/figures/4/verdict": {"scale": "paper", "passed": False, "claims": [CLAIM, MISSED]},
    "/v1/experiments/exp_1": EXPERIMENT,
    "/v1/experiments/exp_2": {**EXPERIMENT, "id": "exp_2", "state": "failed", "counts": {"failed": 2}},
    "/v1/experiments/exp_1/runs": {"items": [RUN], "next_cursor": None},
    "/v1/experiments/exp_1/results": {"items": [ROW], "next_cursor": "next"},
    "/v1/experiments/exp_1/results?cursor": {"items": [PENDING], "next_cursor": None},
    "/v1/runs/run_1/metrics": {
        "items": [{"name": "train_error", "last": 1e-3}, {"name": "test_error", "last": None}]
    },
}
NOTHING_TO_REFINE = {"title": "Conflict", "status": 409, "detail": "nothing to refine: ...", "errors": []}
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
    "/v1/figures/3/experiments?scale=smoke": (202, EXPERIMENT),
    "/v1/figures/4/experiments?scale=paper": (202, EXPERIMENT),
    "/v1/experiments/exp_1/retry": (202, EXPERIMENT),
    "/v1/experiments/exp_1/cancel": (202, EXPERIMENT),
    "/v1/runs/run_1/cancel": (202, {**RUN, "experiment_id": "exp_1"}),
    "/v1/experiments/exp_2/retry": (409, NOTHING_TO_RETRY),
    "/v1/runs/run_1/retry": (202, {**RUN, "experiment_id": "exp_1"}),
    **{f"/v1/runs/{run}/verify": (202, {**VERIFICATION, "run_id": run}) for run in VERIFIED},
    "/v1/experiments/exp_1/refine": (202, EXPERIMENT),
    "/v1/experiments/exp_2/refine": (409, NOTHING_TO_REFINE),
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


@contextmanager
def straw_service() -> Iterator[str]:
    """The address of a service that answers from a table."""
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
    """The finished command, which showed no traceback."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")}
    env = {**inherited, "PYTHONPATH": str(ROOT), **({"GROKLAB_URL": url} if url else {}), **env}
    command = [sys.executable, "-m", "api.cli", *arguments]
    done = subprocess.run(
        command, env=env, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done
