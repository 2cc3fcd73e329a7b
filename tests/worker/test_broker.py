"""The embedded broker and the message it carries."""

import shutil
import threading
from pathlib import Path
from queue import Empty
from ssl import CERT_REQUIRED
from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from worker.app import make_app, send_wake
from worker.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, broker_url="filesystem://")


@pytest.fixture
def app(settings: Settings) -> Celery:
    return make_app(settings)


def messages(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.broker_folder.iterdir())


def channel(app: Celery) -> Any:
    return app.connection_for_read().default_channel


def test_wake_is_one_file_that_names_its_queue(app: Celery, settings: Settings) -> None:
    send_wake(app, "cpu", 2)
    send_wake(app, "gpu")
    assert [name.rpartition(".")[2] for name in messages(settings)].count("cpu") == 2
    assert len(messages(settings)) == 3


def test_a_message_stays_good_for_a_worker_whose_clock_is_ahead(app: Celery) -> None:
    send_wake(app, "cpu")
    assert channel(app)._get("cpu")["headers"]["expires"] is None


def test_each_message_is_taken_once_in_order(app: Celery, settings: Settings) -> None:
    send_wake(app, "cpu", 3)
    names = [path.name for path in sorted(settings.broker_folder.iterdir())]
    reader = channel(app)
    for left in (names[1:], names[2:], []):
        assert reader._get("cpu")["headers"]["task"] == "groklab.wake"
        assert messages(settings) == left
    with pytest.raises(Empty):
        reader._get("cpu")


def test_readers_share_messages_without_loss_or_repetition(app: Celery) -> None:
    send_wake(app, "cpu", 200)
    seen: list[str] = []

    def read() -> None:
        reader = channel(app)
        while True:
            try:
                seen.append(reader._get("cpu")["headers"]["id"])
            except Empty:
                return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 200


def test_deleted_folder_is_made_again_by_sender_and_receiver(app: Celery, settings: Settings) -> None:
    send_wake(app, "cpu")
    shutil.rmtree(settings.broker_folder)
    send_wake(app, "cpu")
    assert len(messages(settings)) == 1
    shutil.rmtree(settings.broker_folder)
    with pytest.raises(Empty):
        channel(app)._get("cpu")
    assert messages(settings) == []


def test_half_written_message_is_not_seen(app: Celery, settings: Settings) -> None:
    send_wake(app, "cpu")
    (settings.broker_folder / ".000-half.cpu").write_text('{"body"')
    reader = channel(app)
    reader._get("cpu")
    with pytest.raises(Empty):
        reader._get("cpu")


@pytest.mark.parametrize("bad", [b"", b"garbage", b"\xff\xfe", b"[1]", b"{}", b"\x00" * 9])
def test_what_is_no_message_is_dropped(app: Celery, settings: Settings, bad: bytes) -> None:
    settings.broker_folder.mkdir()
    (settings.broker_folder / "000-bad.cpu").write_bytes(bad)
    (settings.broker_folder / "000-folder.cpu").mkdir()
    send_wake(app, "cpu")
    reader = channel(app)
    assert reader._get("cpu")["headers"]["task"] == "groklab.wake"
    with pytest.raises(Empty):
        reader._get("cpu")
    assert messages(settings) == ["000-folder.cpu"]


def test_messages_that_nobody_reads_do_not_pile_up(app: Celery, settings: Settings) -> None:
    for _ in range(10):
        send_wake(app, "cpu", 64)
    assert len(messages(settings)) == 256


def test_unknown_queue_is_refused(app: Celery) -> None:
    with pytest.raises(ValueError, match="queue must be one of cpu, gpu"):
        send_wake(app, "tpu")


@pytest.mark.parametrize("question", ["", "?ssl_cert_reqs=required"])
def test_redis_over_tls_asks_for_a_certificate(tmp_path: Path, question: str) -> None:
    app = make_app(Settings(state_dir=tmp_path, broker_url=f"rediss://127.0.0.1:1/0{question}"))
    assert app.connection_for_read().ssl == {"ssl_cert_reqs": CERT_REQUIRED}


def test_broker_that_is_away_raises_soon(tmp_path: Path) -> None:
    app = make_app(Settings(state_dir=tmp_path, broker_url="redis://127.0.0.1:1/0"))
    with pytest.raises(OperationalError):
        send_wake(app, "cpu")
