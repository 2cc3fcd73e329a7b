"""The example of docs/datasets.md, as it is written, on a service with a worker."""

import re
import threading
from pathlib import Path

import pytest

from core.store import claim, open_database
from tests.api.served import served
from tests.worker.batches import LEASE_SECONDS, bench
from worker.execute import execute
from worker.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


def test_the_written_example_groks(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    settings = Settings(state_dir=tmp_path, database_url=sqlite_url, broker_url="filesystem://")
    db, ended = open_database(sqlite_url), threading.Event()

    def work() -> None:
        while not ended.wait(0.05):
            with db.write() as conn:
                lease = claim(conn, queue="cpu", worker="w", lease_seconds=LEASE_SECONDS)
            if lease is not None:
                execute(bench(db), lease)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        with served(settings) as client:
            monkeypatch.setenv("GROKLAB_URL", str(client.base_url))
            exec(compile(code, str(PAGE), "exec"), {})
    finally:
        ended.set()
        worker.join()
        db.dispose()
    assert capsys.readouterr().out == re.findall(r"# (succeeded .*)", code)[0] + "\n"
