"""Logs: one line a record, with the fields of where it was made, in both formats."""

import json
import subprocess
import sys

from tests.worker.test_main import ROOT

_PROGRAM = """
import logging, threading, warnings
from worker.logs import configure_logging, log_fields, log_fields_of_process
configure_logging("INFO", {form!r})
log = logging.getLogger("test")
log_fields_of_process(worker="w1")
with log_fields(experiment="exp_1", batch="b"):
    with log_fields(batch="inner", run="run_1", attempt=2):
        log.info("trained %d", 3, extra={{"outcome": "grokked"}})
    log.info("outside", extra={{"batch": "given"}})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
warnings.warn("old")
def broken():
    raise ValueError("in a thread")
thread = threading.Thread(target=broken)
thread.start()
thread.join()
raise RuntimeError("at the end")
"""


def written(form: str) -> list[str]:
    command = [sys.executable, "-c", _PROGRAM.format(form=form)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.splitlines()


def test_json_has_a_line_a_record_whatever_is_told() -> None:
    trained, outside, failed, warned, thread, end = (json.loads(line) for line in written("json"))
    assert trained["at"].endswith("Z")
    assert (trained["level"], trained["logger"], trained["message"]) == ("info", "test", "trained 3")
    known = {"worker": "w1", "experiment": "exp_1", "batch": "inner", "run": "run_1", "attempt": 2}
    assert {**known, "outcome": "grokked"}.items() <= trained.items()
    assert (outside["batch"], outside["experiment"], "run" in outside) == ("given", "exp_1", False)
    assert failed["trace"].startswith("Traceback")
    assert "ZeroDivisionError" in failed["trace"]
    assert "experiment" not in failed
    assert "UserWarning: old" in warned["message"]
    assert "ValueError: in a thread" in thread["trace"]
    assert (end["level"], "RuntimeError: at the end" in end["trace"]) == ("critical", True)
    assert all(line["worker"] == "w1" for line in (failed, warned, thread, end))


def test_text_is_for_people() -> None:
    lines = written("text")
    assert lines[0].split(" ", 1)[1].startswith("INFO    test trained 3 outcome=grokked worker=w1 ")
    assert "run=run_1" in lines[0]
    assert "Traceback (most recent call last):" in lines
