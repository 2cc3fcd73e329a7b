"""Runs a notebook's code cells in their order, as a kernel would, and keeps what they show.

`python -m tests.docs.notebook docs/first-sweep.ipynb` writes the outputs anew, of the service at
GROKLAB_URL.
"""

import base64
import contextlib
import copy
import io
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

_DPI = 80


def execute(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of its cells: what they printed, and figures as PNG."""
    matplotlib.use("agg")
    made = copy.deepcopy(notebook)
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(cells, 1):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("".join(cell["source"]), f"<cell {cell['id']}>", "exec"), names)
        cell["execution_count"] = count
        cell["outputs"] = [*_stream(printed.getvalue()), *_figures()]
    return made


def _stream(text: str) -> list[dict[str, Any]]:
    lines = text.splitlines(keepends=True)
    return [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []


def _figures() -> list[dict[str, Any]]:
    """The open figures, which are closed."""
    from matplotlib import pyplot

    found = []
    for number in pyplot.get_fignums():
        drawn = io.BytesIO()
        pyplot.figure(number).savefig(drawn, format="png", dpi=_DPI, metadata={"Software": None})
        data = {"image/png": base64.b64encode(drawn.getvalue()).decode(), "text/plain": ["<Figure>"]}
        found.append({"data": data, "metadata": {}, "output_type": "display_data"})
    pyplot.close("all")
    return found


if __name__ == "__main__":
    file = Path(sys.argv[1])
    executed = execute(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(json.dumps(executed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
