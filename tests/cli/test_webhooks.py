"""`groklab webhook` against a service: create, list, show, deliveries, delete."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from httpx import Client

from api.client import DeliveryState
from core.store import WEBHOOK_EVENTS
from core.store import DeliveryState as StoredState
from tests.api.played import PlayedWorker, eventually, submit
from tests.api.receiver import SECRET, receiving
from tests.api.served import Service, service_in
from tests.cli.straw import groklab

HERE = "https://lab.example.org/groklab"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path, webhook_allow_private=True) as service:
        yield service


@pytest.fixture
def url(lab: Service) -> str:
    return str(lab.client.base_url)


def test_a_webhook_from_its_beginning_to_its_end(url: str) -> None:
    created = groklab("webhook", "create", HERE, "--event", "run.t2", "--tag", "demo", url=url)
    assert created.returncode == 0
    assert created.stdout.startswith("whsec_")
    id = created.stderr.split()[1].rstrip(":")
    shown = json.loads(groklab("webhook", "show", id, "--json", url=url).stdout)
    assert (shown["url"], shown["events"], shown["tag"]) == (HERE, ["run.t2"], "demo")
    assert json.loads(groklab("webhook", "list", "--json", url=url).stdout) == [shown]
    listed = groklab("webhook", "list", url=url).stdout.splitlines()
    assert listed[0].split() == ["id", "url", "experiment", "tag", "created_at", "events"]
    assert listed[1].split() == [id, HERE, "-", "demo", shown["created_at"], "run.t2"]
    deleted = groklab("webhook", "delete", id, url=url)
    assert (deleted.returncode, deleted.stdout) == (0, f"{id} deleted\n")
    again = groklab("webhook", "delete", id, url=url)
    assert (again.returncode, again.stderr) == (1, f"groklab: no such webhook: {id}\n")


def test_deliveries_are_signed_with_the_key_of_a_file(lab: Service, url: str) -> None:
    with receiving() as receiver:
        created = groklab(
            "webhook",
            "create",
            receiver.url,
            "--event",
            "experiment.ended",
            "--secret-file",
            "-",
            "--json",
            url=url,
            stdin=SECRET + "\n",
        )
        made = json.loads(created.stdout)
        assert made["secret"] == SECRET
        submit(lab.client)
        PlayedWorker(lab.db).finish_everything()
        eventually(lambda: receiver.events() == ["experiment.ended"])
        assert receiver.forged == 0
        eventually(lambda: _states(lab.client, made["id"]) == ["delivered"])
    told = json.loads(groklab("webhook", "deliveries", made["id"], "--json", url=url).stdout)
    assert [(one["event"], one["state"], one["status"]) for one in told] == [
        ("experiment.ended", "delivered", 204)
    ]
    assert groklab("webhook", "deliveries", made["id"], "--state", "failed", url=url).stdout == ""


def test_misuse_is_one_line(url: str, tmp_path: Path) -> None:
    none = str(tmp_path / "none")
    for arguments, code, line in (
        (["--secret-file", none], 2, f"cannot read {none}: No such file or directory"),
        (["--experiment", "exp_none"], 1, "/experiment: the id of an experiment"),
    ):
        done = groklab("webhook", "create", HERE, *arguments, url=url)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
        assert line in done.stderr


def test_the_commands_know_the_words_of_the_service() -> None:
    refused = groklab("webhook", "create", HERE, "--event", "run.t3").stderr
    assert f"'run.t3' is not one of {', '.join(map(repr, WEBHOOK_EVENTS))}" in refused
    assert get_args(DeliveryState) == get_args(StoredState)


def _states(client: Client, id: str) -> list[str]:
    return [one["state"] for one in client.get(f"/v1/webhooks/{id}/deliveries").json()["items"]]
