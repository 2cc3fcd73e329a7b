"""Processes that a command starts and that must not outlive it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def start_child(
    arguments: Sequence[str], env: Mapping[str, str], output: IO[bytes] | None = None
) -> "subprocess.Popen[bytes]":
    """Starts `groklab` with these arguments, in the same process group: who kills it kills all.

    Should this process alone be killed, the kernel tells the child to end. Ctrl-C, which a terminal sends to
    the whole group, is this process's to answer: a child that is still starting would die of it noisily.
    """
    command = [sys.executable, "-P", "-m", "api.cli", *arguments]
    error = None if output is None else subprocess.STDOUT
    return subprocess.Popen(command, env=env, stdout=output, stderr=error, preexec_fn=_belong_to_parent)


def end(child: "subprocess.Popen[bytes]", *, with_all_below: bool) -> None:
    """Kills a child, and every process under it, which else would end in their own time."""
    below = [child.pid]
    for pid in below if with_all_below else ():
        below += _children(pid)
    child.kill()
    for pid in below[1:]:
        # Since the look it may have ended.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.wait()


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _belong_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
