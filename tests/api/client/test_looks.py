"""How a look at an experiment reads."""

from types import SimpleNamespace
from typing import Any

import pytest

from api.client import Progress, RunView
from api.client.looks import Look
from api.client.show import showing


def experiment(**fields: Any) -> Progress:
    given = {"state": "running", "counts": {"running": 1}, "progress": 0.5, "eta_seconds": 75.0, **fields}
    return Progress(id="exp_1", name=None, **given)


RUN = RunView("run_1", "running", None, None, None, 60_000, 120_000, 31_234.0, None, None, None, {})


def test_single_run_shows_step_speed_eta_and_errors() -> None:
    look = Look(experiment(), RUN, 1.5e-4, 0.25)
    assert str(look) == (
        " 50%  step 60,000/120,000  31,234 steps/s  train 1.50e-04  test 2.50e-01  ETA 1 min 15 s"
    )


def test_a_classifier_shows_its_accuracies() -> None:
    look = Look(experiment(eta_seconds=None), RUN, 1.0, 0.1234, "accuracy")
    assert str(look).endswith("train 100.00%  test 12.34%")


def test_sweep_shows_how_many_runs_are_done() -> None:
    counts = {"succeeded": 30, "running": 20, "queued": 1950}
    assert str(Look(experiment(counts=counts, eta_seconds=None), None, None, None)) == " 50%  30/2,000 runs"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (59, "59 s"), (60, "1 min 0 s"), (7300, "2 h 1 min")]
)
def test_eta_reads_like_a_duration(seconds: float, text: str) -> None:
    assert str(Look(experiment(eta_seconds=seconds), RUN, None, None)).endswith(f"ETA {text}")


def test_what_waits_without_a_worker_says_so() -> None:
    waiting = experiment(state="queued", counts={"queued": 3}, progress=0.0, eta_seconds=None)
    assert str(Look(waiting, None, None, None, manned=False)) == "  0%  0/3 runs  no worker is ready yet"


def test_a_line_that_says_the_same_is_not_written_again_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 106.0, 112.0, 161.0])
    monkeypatch.setattr("api.client.show.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with showing(True) as show:
        assert show is not None
        for text in ("0%", "0%", "1%", "1%"):
            show("queued", 0.0, text)
    assert capsys.readouterr().err == "queued     0%\nqueued     1%\n"
