"""What the OpenAPI document admits, and some that it does not, is answered as the document tells."""

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.api.archives import GOOD, npz, upload
from tests.api.networks import train_all
from tests.api.played import SPEC, run_ids, submit
from tests.api.receiver import SECRET
from tests.api.served import Service, service_in

# The document cannot say what holds between fields, between a key and what it was used for, or between the
# parameters and what is stored: an accuracy has other levels than an error, an experiment its own axes.
# A minute of waiting for what is never trained would be long.
_RULES = """
[[operations]]
include-operation-id = ["get_experiment", "get_run"]
[operations.parameters]
"query.wait" = 0.05

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 429]

[[operations]]
include-method = "POST"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429]

[[operations]]
include-operation-id = [
    "get_series", "get_experiment_series", "get_run_analysis", "get_matrix", "get_phase_map", "get_fit",
    "draw_run", "draw_run_png", "get_run_picture_data",
    "draw_experiment", "draw_experiment_png", "get_experiment_picture_data",
]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429]
"""


@dataclass(frozen=True, slots=True)
class _Effort:
    """Examples of an operation, the phases that make them, and how many they come to at least.

    Without a seed they are others each time.
    """

    examples: int
    phases: str
    least: int
    seed: int | None = None


QUICK = _Effort(40, "examples,fuzzing,stateful", 1_000, seed=1)
LOOKS = _Effort(10, "examples,fuzzing,stateful", 300, seed=1)
LONG = _Effort(700, "examples,coverage,fuzzing,stateful", 20_000)


def _efforts(quick: _Effort) -> pytest.MarkDecorator:
    slow = pytest.param(LONG, marks=[pytest.mark.slow, pytest.mark.timeout(7200)])
    return pytest.mark.parametrize("effort", [quick, slow], ids=["quick", "long"])


def _examples(service: Service, effort: _Effort, folder: Path, *chosen: str, rules: str = "") -> int:
    """Runs schemathesis with all its checks, which must not find anything; how many requests it made."""
    config = folder / "schemathesis.toml"
    config.write_text(rules + _RULES)
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "run"]
    command += [f"{service.client.base_url}/openapi.json", "--mode=all", f"--phases={effort.phases}", *chosen]
    command += [f"--max-examples={effort.examples}", "--request-timeout=120", "--continue-on-failure"]
    command += ["--suppress-health-check=all", "--generation-database=none", "--no-color"]
    if effort.seed is not None:
        command.append(f"--seed={effort.seed}")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    made = re.search(r"([\d,]+) generated", done.stdout)
    assert made is not None, done.stdout[-5_000:]
    return int(made[1].replace(",", ""))


def _operations(service: Service) -> set[tuple[str, str]]:
    """Method and path of all that the document describes."""
    paths = service.client.get("/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item if method in _METHODS}


def _asked(service: Service) -> set[tuple[str, str]]:
    """Method and path of all that the service was asked, as it counts."""
    told = service.client.get("/metrics").text
    return set(re.findall(r'groklab_http_requests_total\{method="(\w+)",route="([^"]+)"', told))


_ACTIONS = "(experiment|run)_id}/(cancel|retry|extend|refine|verify)$"
_METHODS = ("get", "post", "delete", "put", "patch")


@_efforts(QUICK)
def test_every_answer_is_one_that_the_document_tells(tmp_path: Path, effort: _Effort) -> None:
    with service_in(tmp_path) as service:
        # Streams end with what they follow, and nothing is trained here.
        made = _examples(service, effort, tmp_path, "--exclude-path-regex=stream$")
        left = _operations(service) - _asked(service)
    assert all(path.endswith("/stream") for _, path in left), left
    assert made >= effort.least


@_efforts(LOOKS)
def test_what_there_is_is_answered_as_the_document_tells(tmp_path: Path, effort: _Effort) -> None:
    """The same of the operations that only look, at what there is, and then of those that act on it."""
    with service_in(tmp_path) as service:
        known = "\n".join(f'"path.{name}" = "{one}"' for name, one in _one_of_each(service).items())
        known = f"[parameters]\n{known}\n"
        made = _examples(service, effort, tmp_path, "--include-method=GET", rules=known)
        assert {one for one in _operations(service) if one[0] == "GET"} <= _asked(service)
        # What links lead to is asked for elsewhere.
        acting = replace(effort, phases=effort.phases.removesuffix(",stateful"))
        made += _examples(service, acting, tmp_path, f"--include-path-regex={_ACTIONS}", rules=known)
    assert made >= effort.least / 2


def _one_of_each(service: Service) -> dict[str, str]:
    """Ids by the names of the parameters of paths: an experiment that has ended, its run, and the others."""
    client = service.client
    experiment = submit(client, SPEC)
    train_all(service)
    (run,) = run_ids(client, experiment)
    verification = client.post(f"/v1/runs/{run}/verify").json()
    train_all(service)
    # Nothing fails here, so that nothing is sent.
    hook = {"url": "https://1.1.1.1/", "secret": SECRET, "events": ["run.failed"]}
    return {
        "experiment_id": experiment["id"],
        "run_id": run,
        "verification_id": verification["id"],
        "dataset_id": upload(client, npz(GOOD)).json()["id"],
        "webhook_id": client.post("/v1/webhooks", json=hook).json()["id"],
    }
