"""`groklab dataset` against a service: add, list, show, delete."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from httpx import Client

from tests.api.archives import CLASSES, GOOD, npz
from tests.api.served import served
from tests.cli.straw import groklab
from worker.settings import Settings


@pytest.fixture
def url(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    with served(Settings(state_dir=tmp_path, database_url=sqlite_url, broker_url="filesystem://")) as client:
        yield str(client.base_url)


def test_a_dataset_from_its_file_to_its_end(url: str, tmp_path: Path) -> None:
    file = tmp_path / "data.npz"
    file.write_bytes(npz(CLASSES))
    added = groklab("dataset", "add", str(file), "--name", "my data", url=url)
    assert (added.returncode, added.stderr) == (0, "")
    id = added.stdout.strip()
    again = groklab("dataset", "add", str(file), "--json", url=url)
    assert json.loads(again.stdout)["id"] == id
    listed = groklab("dataset", "list", url=url).stdout.splitlines()
    assert listed[0].split() == ["id", "name", "classes", "bytes", "experiments", "arrays"]
    assert listed[1].startswith(id)
    assert "inputs 12x4, targets 12, test_inputs 5x4, test_targets 5" in listed[1]
    assert json.loads(groklab("dataset", "list", "--json", url=url).stdout)[0]["name"] == "my data"
    shown = groklab("dataset", "show", id, url=url)
    assert shown.stdout.splitlines() == listed
    told = json.loads(groklab("dataset", "show", id, "--json", url=url).stdout)
    deleted = groklab("dataset", "delete", id, "--json", url=url)
    assert json.loads(deleted.stdout) == {"id": id, "bytes_freed": told["bytes"]}
    assert groklab("dataset", "list", url=url).stdout == ""


def test_failures_are_told_in_lines(url: str, tmp_path: Path) -> None:
    missing = groklab("dataset", "add", str(tmp_path / "none.npz"), url=url)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "cannot read" in missing.stderr
    file = tmp_path / "data.npz"
    np.savez(file, inputs=GOOD["inputs"])
    bad = groklab("dataset", "add", str(file), url=url)
    assert (bad.returncode, bad.stderr) == (1, "groklab: /file/targets: in the file\n")
    unknown = groklab("dataset", "delete", "ds_none", url=url)
    assert (unknown.returncode, unknown.stderr) == (1, "groklab: no such dataset: ds_none\n")


def test_a_deletion_tells_when_numbers_stay(url: str, tmp_path: Path) -> None:
    file = tmp_path / "data.npz"
    file.write_bytes(npz(GOOD))
    id = groklab("dataset", "add", str(file), url=url).stdout.strip()
    spec = {
        "problem": {"kind": "dataset", "dataset": id},
        "model": {"kind": "linear"},
        "optimizer": {"kind": "subgradient", "learning_rate": 0.01},
        "steps": 10,
    }
    with Client(base_url=url) as client:
        made = client.post("/v1/experiments", json=spec).json()
        busy = groklab("dataset", "delete", id, url=url)
        assert busy.returncode == 1
        assert "1 experiment" in busy.stderr
        client.post(made["links"]["cancel"])
    deleted = groklab("dataset", "delete", id, url=url)
    assert deleted.stdout == (
        f"{id} deleted; its numbers stay until the experiments that use them have gone\n"
    )
