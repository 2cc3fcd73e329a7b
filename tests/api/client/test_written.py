"""The examples of docs/client.md do what they say."""

import re
import threading
from pathlib import Path

import pytest

from tests.api.played import PlayedWorker

DOCUMENT = Path(__file__).parents[3] / "docs" / "client.md"


def test_the_examples_run_one_after_the_other(
    url: str, worker: PlayedWorker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROKLAB_URL", url)
    names: dict[str, object] = {}
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        playing = threading.Timer(0.5, worker.finish_everything)
        playing.start()
        exec(example, names)
        playing.join()
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == [
        "{'/regularization/l1': 0.0001} grokked 10 60",
        "{'/regularization/l1': 0.001} grokked 10 60",
    ]
    assert [line.split()[1:] for line in shown[2:4]] == [["4", "1.0"]] * 2
    assert shown[4:] == ["2"]
