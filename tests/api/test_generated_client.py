"""A client that a public generator makes from the OpenAPI document: submit, poll, read series."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.api.networks import train_all
from tests.api.played import SPEC
from tests.api.served import Service

PACKAGE = "groklab_generated"

# The generator knows bytes by this name alone.
_PICTURES = {form: "application/octet-stream" for form in ("image/svg+xml", "image/png")}


@pytest.fixture
def generated(small: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The client, made without a warning."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(small.client.get("/openapi.json").json()))
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"post_hooks": [], "content_type_overrides": _PICTURES}))
    command = [sys.executable, "-m", "openapi_python_client", "generate", f"--path={document}"]
    command += [
        "--meta=none",
        f"--output-path={tmp_path / PACKAGE}",
        f"--config={config}",
        "--fail-on-warning",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    return importlib.import_module(PACKAGE)


def operation(tag: str, name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.api.{tag}.{name}").sync


def model(name: str, of: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models.{name}"), of)


@pytest.fixture
def client(generated: ModuleType, small: Service) -> Iterator[Any]:
    with generated.Client(base_url=str(small.client.base_url), raise_on_unexpected_status=True) as made:
        yield made


def test_it_submits_polls_and_reads_series(client: Any, small: Service) -> None:
    swept = {**SPEC, "sweep": {"axes": [{"path": "/regularization/l1", "values": [1e-4, 1e-3]}]}}
    spec = model("experiment_spec", "ExperimentSpec").from_dict(swept)
    made = operation("experiments", "create_experiment")(client=client, body=spec)
    assert made.state == "queued"
    train_all(small)
    experiment = operation("experiments", "get_experiment")(made.id, client=client, wait=1)
    assert (experiment.state, experiment.counts.additional_properties["succeeded"]) == ("succeeded", 2)
    page = operation("runs", "list_runs")(made.id, client=client, limit=10)
    assert [run.axes.additional_properties for run in page.items] == [
        {"/regularization/l1": 1e-4},
        {"/regularization/l1": 1e-3},
    ]
    run = operation("runs", "get_run")(page.items[0].id, client=client)
    assert run.step == run.steps == SPEC["steps"]
    (series,) = operation("series", "get_series")(run.id, client=client, metric=["train_error"]).series
    expected = small.client.get(f"/v1/runs/{run.id}/series?metric=train_error").json()["series"][0]
    assert (series.steps, series.values) == (expected["steps"], expected["values"])


def test_it_tells_what_is_wrong(client: Any) -> None:
    spec = model("experiment_spec", "ExperimentSpec").from_dict({**SPEC, "steps": -1})
    problem = operation("experiments", "create_experiment")(client=client, body=spec)
    assert isinstance(problem, model("problem", "Problem"))
    assert [(error.pointer, error.value) for error in problem.errors] == [("/steps", -1)]
