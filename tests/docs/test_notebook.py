"""The notebook of docs runs from top to bottom on a real service with a real worker."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_up import Up

NOTEBOOK = Path(__file__).parents[2] / "docs" / "first-sweep.ipynb"
_LARGEST = 200_000


def shape(notebook: dict[str, Any]) -> list[list[str]]:
    """What each code cell shows: printed text without its numbers, and that there is a picture."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [[_told(output) for output in cell["outputs"]] for cell in cells]


def _told(output: dict[str, Any]) -> str:
    if output["output_type"] == "display_data":
        return ", ".join(output["data"])
    return re.sub(r" *[-+.,e\d]*\d", "#", "".join(output["text"]))


def test_it_is_committed_with_what_it_showed() -> None:
    kept = json.loads(NOTEBOOK.read_text())
    cells = [cell for cell in kept["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert sum("image/png" in told for shown in shape(kept) for told in shown) == 2
    assert NOTEBOOK.stat().st_size < _LARGEST


@pytest.mark.slow
def test_it_runs_and_shows_the_like_of_what_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.docs.notebook import execute

    kept = json.loads(NOTEBOOK.read_text())
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    up = Up(tmp_path)
    try:
        monkeypatch.setenv("GROKLAB_URL", up.url)
        shown = execute(kept)
    finally:
        up.process.terminate()
        up.process.wait(60)
    assert shape(shown) == shape(kept)
