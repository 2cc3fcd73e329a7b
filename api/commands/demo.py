"""`groklab demo`: the golden run from start to picture, on a service that lives as long as the demo."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from api.client import Client, RunView
from api.commands.children import free_port, start_child
from api.commands.experiments import finish, service
from api.commands.trouble import INTERRUPTED, Trouble

GOLDEN: Mapping[str, Any] = {
    "name": "golden run",
    "tags": ["demo"],
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30, "snr": 1e8},
    "model": {"kind": "linear", "depth": 1, "init": {"kind": "constant", "scale": 1e-6}},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "rng": "numpy-legacy",
    "seed": 1,
    "steps": 120000,
}
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POINTS = 2000
_FORMS: Mapping[str, Literal["png", "svg", "pdf"]] = {".png": "png", ".svg": "svg", ".pdf": "pdf"}


def run_demo(out: Path) -> None:
    """Trains the golden run, prints t1, t2, delay and theory, and draws the curves into `out`."""
    _check_output(out)
    signal.signal(signal.SIGTERM, _interrupt)
    with (
        tempfile.TemporaryDirectory(prefix="groklab-demo-") as folder,
        _embedded(Path(folder)) as url,
        service(url) as client,
    ):
        end = client.wait(client.submit(GOLDEN).id, progress=True)
        finish(end)
        run = client.first_run(end.id)
        _report(run, client.theory(run.id), out, client)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _check_output(out: Path) -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise Trouble("drawing needs matplotlib: install groklab with the extra `plot`") from None
    if not out.absolute().parent.is_dir() or out.suffix not in _FORMS:
        raise Trouble(f"--out must be a .png, .svg or .pdf file of an existing folder (got {str(out)!r})")


@contextmanager
def _embedded(folder: Path) -> Iterator[str]:
    port = free_port()
    log = folder / "service.log"
    options = ["--host", "127.0.0.1", "--port", str(port), "--state-dir", str(folder)]
    # Settings that the surroundings make for another service must not reach this one.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")}
    with log.open("wb") as lines:
        up = start_child(["up", *options], env, lines)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(up, url, log)
        yield url
    except KeyboardInterrupt:
        raise Trouble("interrupted", code=INTERRUPTED) from None
    finally:
        _stop(up)


def _wait(up: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    with Client(url, seconds=2) as client:
        while not client.ready():
            if up.poll() is not None or time.monotonic() > end:
                raise Trouble(
                    "the service did not start:", *log.read_text(errors="replace").splitlines()[-5:]
                )
            time.sleep(0.1)


def _stop(up: "subprocess.Popen[bytes]") -> None:
    up.terminate()
    try:
        up.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        up.kill()
        up.wait()


def _report(run: RunView, theory: Mapping[str, Any], out: Path, client: Client) -> None:
    from core.figures.draw import CurvesPlate, Line, draw

    if run.t1 is None or run.t2 is None or run.delay is None:
        raise Trouble(f"the golden run did not grok: outcome {run.outcome}, t1 {run.t1}, t2 {run.t2}")
    predicted = theory.get("delay")
    rows = [("t1", f"{run.t1:,}"), ("t2", f"{run.t2:,}"), ("delay", f"{run.delay:,}")]
    if predicted:
        rows += [("theory delay", f"{predicted:,.1f}"), ("ratio", f"{run.delay / predicted:.3f}")]
    sys.stdout.writelines(f"{name:<12} {value:>10}\n" for name, value in rows)
    series = client.series(run.id, "train_error", "test_error", points=_POINTS, scale="log")
    lines = [Line(name, one.steps.tolist(), one.values.tolist()) for name, one in series.items()]
    t2 = run.t1 + predicted if predicted else None
    plate = CurvesPlate(lines, run.t1, run.t2, t2, title="sparse recovery, $n=100$, $s=5$, $N=30$")
    out.write_bytes(draw([plate], _FORMS[out.suffix]))
    sys.stdout.write(f"curves in {out}\n")
