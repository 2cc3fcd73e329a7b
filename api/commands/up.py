"""`groklab up`: the API and a worker as children of one process, which ends them when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from api.client import Client
from api.commands.children import end, start_child
from api.commands.environment import migrate, own_url
from api.commands.health import check_worker, count_training
from api.commands.trouble import MISUSED, Trouble
from worker.settings import Settings

_LOOK_SECONDS, _STOP_LOOK_SECONDS = 0.2, 0.05
_ASK_SECONDS = 1.0
"""Between two questions to the database: whether the worker is there, how many runs are trained."""
_FIRST_PAUSE, _LONGEST_PAUSE, _LONG_LIFE = 0.5, 30.0, 60.0
_STOP_SECONDS, _IDLE_STOP_SECONDS = 12.0, 5.0
"""For the children to end by themselves: while runs are trained, and while none is."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run_up(settings: Settings) -> None:
    """Runs the embedded service until it is told to stop or the API dies."""
    _require_free(settings.host, settings.port)
    migrate(settings)
    _require_tokens(settings)
    family = Family(settings)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, family.on_signal)
    try:
        family.run()
    finally:
        family.stop()


class Family:
    """The two children and what happens to them."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._url = settings, own_url(settings)
        self._shown_header = _TOKEN_HEADER if settings.tokens else ""
        self._env = {**os.environ, "GROKLAB_STATE_DIR": str(settings.state_dir)}
        self._api_command = ["api", "--host", settings.host, "--port", str(settings.port)]
        self._worker_command = ["worker", "--queue", "cpu", "--concurrency", str(cores())]
        self._children: list[subprocess.Popen[bytes]] = []
        self._signals = 0

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Asks `run` to return, and a second time `stop` to wait no longer."""
        self._signals += 1

    @property
    def _told(self) -> bool:
        return self._signals > 0

    def run(self) -> None:
        """Starts both, says when the service is ready, starts the worker again when it dies."""
        api = self._start(self._api_command)
        worker, born, pause = self._start(self._worker_command), time.monotonic(), _FIRST_PAUSE
        greeted = manned = False
        while not self._told:
            if api.poll() is not None:
                raise Trouble(f"the API ended with status {api.returncode}")
            if worker.poll() is not None:
                lived = time.monotonic() - born
                pause = _FIRST_PAUSE if lived > _LONG_LIFE else min(2 * pause, _LONGEST_PAUSE)
                _say(f"the worker ended with status {worker.returncode}; starting it again in {pause:.0f} s")
                self._sleep(pause)
                if self._told:
                    return
                self._children.remove(worker)
                worker, born = self._start(self._worker_command), time.monotonic()
            greeted = greeted or self._greet()
            manned = manned or (greeted and self._tell_of_worker())
            self._sleep(_LOOK_SECONDS if manned or not greeted else _ASK_SECONDS)

    def stop(self) -> None:
        """Tells the children to end, says what it waits for, and ends those that take too long."""
        for child in self._children:
            if child.poll() is None:
                child.terminate()
        runs, hurry = count_training(self._settings), self._signals + 1
        sys.stderr.write(_stopping(runs))
        sys.stderr.flush()
        patient = self._await_end(runs, hurry)
        for child in self._children:
            if child.poll() is None:
                # Runs that take longer are given back by their processes, which hear that they are alone.
                end(child, with_all_below=not patient)

    def _await_end(self, runs: int, hurry: int) -> bool:
        """Waits for the children; whether runs are still trained and no `hurry`-th signal came."""
        deadline = time.monotonic() + (_STOP_SECONDS if runs else _IDLE_STOP_SECONDS)
        asked = time.monotonic()
        while any(child.poll() is None for child in self._children):
            if self._signals >= hurry or time.monotonic() >= deadline:
                break
            time.sleep(_STOP_LOOK_SECONDS)
            if runs and time.monotonic() - asked >= _ASK_SECONDS:
                asked, runs = time.monotonic(), count_training(self._settings)
                # Once all have been given back nothing is lost with what is left.
                deadline = deadline if runs else min(deadline, asked + _IDLE_STOP_SECONDS)
        return runs > 0 and self._signals < hurry

    def _start(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        child = start_child(arguments, self._env)
        self._children.append(child)
        return child

    def _greet(self) -> bool:
        with Client(self._url, seconds=1) as client:
            if not client.ready():
                return False
        _say(f"Groklab is ready at {self._url} (documentation: {self._url}/docs)")
        json = "-H 'Content-Type: application/json'"
        sys.stderr.write("the worker is starting; what is submitted meanwhile waits for it\n")
        _say(f"try: curl {self._url}/v1/experiments {self._shown_header}{json} -d '{_EXAMPLE}'")
        return True

    def _tell_of_worker(self) -> bool:
        try:
            check_worker(self._settings, "cpu")
        except Trouble:
            return False
        sys.stderr.write("the worker is ready: what is submitted is trained\n")
        sys.stderr.flush()
        return True

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._told and time.monotonic() < end:
            time.sleep(min(_LOOK_SECONDS, seconds))


def _stopping(runs: int) -> str:
    if not runs:
        return "stopping\n"
    some = "a run to write its checkpoint" if runs == 1 else f"{runs:,} runs to write their checkpoints"
    return f"stopping: waiting for {some}; again Ctrl-C to stop now\n"


_TOKEN_HEADER = '-H "Authorization: Bearer $GROKLAB_TOKEN" '
_EXAMPLE = (
    '{"problem": {"kind": "sparse_recovery"}, "model": {"kind": "linear"}, '
    '"optimizer": {"kind": "subgradient", "learning_rate": 0.1}, "regularization": {"l1": 1e-5}, '
    '"steps": 120000, "seed": 1}'
)


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise Trouble(
                f"cannot listen on {host}:{port}: {reason} (choose with --port or GROKLAB_PORT)"
            ) from None


def _require_tokens(settings: Settings) -> None:
    # The database is of no use to this process afterwards.
    from api.listening import refusal_to_listen

    if (refusal := refusal_to_listen(settings)) is not None:
        raise Trouble(refusal, code=MISUSED)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
