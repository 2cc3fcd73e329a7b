"""Webhooks while an API is killed: what it had in hand, or did not see, is told by the next one."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.commands.children import free_port
from core.store import list_runs
from tests.api.receiver import SECRET, receiving
from tests.faults.lab import Lab

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
ALLOWED = {"GROKLAB_WEBHOOK_ALLOW_PRIVATE": "1", "GROKLAB_WEBHOOK_RETRY_SECONDS": "0.1"}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path, ALLOWED)
    yield lab
    lab.close()


def kill(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ask(lab: Lab, url: str, **more: Any) -> dict[str, Any]:
    answer = httpx.post(f"{lab.url}/v1/webhooks", json={"url": url, "secret": SECRET, **more})
    assert answer.status_code == httpx.codes.CREATED, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _ended(lab: Lab, experiment: str) -> bool:
    with lab.database.read() as conn:
        return list_runs(conn, experiment, limit=1)[0].state == "succeeded"


def test_a_delivery_in_the_hands_of_a_killed_api_is_sent_by_the_next(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hook = ask(lab, f"http://127.0.0.1:{port}/", events=["experiment.ended"])
        lab.post(f"/v1/experiments/{lab.submit()}/cancel")
        # It has been sent, and nobody answers.
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(4) == b"POST"
            kill(lab.api)
    with receiving(port) as receiver:
        with lab.database.write() as conn:
            # As if its claim had lapsed.
            conn.execute(text("UPDATE deliveries SET next_at = next_at - 60"))
        lab.restart_api()
        lab.until(lambda: len(receiver.got) == 1, 60)
        path = f"/v1/webhooks/{hook['id']}/deliveries"
        lab.until(lambda: lab.get(path)["items"][0]["state"] == "delivered", 60)
        (headers, body), *_ = receiver.got
    assert receiver.forged == 0
    assert headers["groklab-attempt"] == "2"
    (delivery,) = lab.get(path)["items"]
    assert (delivery["id"], delivery["attempts"]) == (body["id"], 2)


def test_what_ended_while_no_api_was_there_is_told_by_the_written_receiver(lab: Lab) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    port = free_port()
    env = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    receiver = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=-3)
    try:
        ask(lab, f"http://127.0.0.1:{port}/")
        worker = lab.worker()
        experiment = lab.submit(name="groks", steps=2_000_000, stop={"when_generalised": True})
        lab.midway(experiment)
        kill(lab.api)
        lab.until(lambda: _ended(lab, experiment), 240)
        lab.restart_api()
        assert receiver.stdout is not None
        told = [receiver.stdout.readline().decode().strip() for _ in range(3)]
        assert sorted(told) == ["experiment.ended groks", "run.succeeded groks", "run.t2 groks"]
        lab.kill(worker)
    finally:
        receiver.kill()
        receiver.wait()
        assert receiver.stdout is not None
        receiver.stdout.close()
