"""Shows progress on stderr: a bar in a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_LINE_SECONDS, _SAME_LINE_SECONDS = 5.0, 60.0


class Show(Protocol):
    """Takes the state, the progress from 0 to 1 and a text."""

    def __call__(self, state: str, progress: float, text: str) -> None:
        """Shows them."""


@contextmanager
def showing(wanted: bool) -> Iterator[Show | None]:
    """Where looks are to be shown; None where they are not."""
    if not wanted:
        yield None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _Lines()


class _Lines:
    """A plain line at each change of state and every few seconds; seldom again where it says the same."""

    def __init__(self) -> None:
        self._state = self._line = ""
        self._told = 0.0

    def __call__(self, state: str, progress: float, text: str) -> None:
        now, line = time.monotonic(), f"{state:<9}  {text}\n"
        pause = _LINE_SECONDS if line != self._line else _SAME_LINE_SECONDS
        if state != self._state or now - self._told >= pause:
            self._state, self._line, self._told = state, line, now
            sys.stderr.write(line)
            sys.stderr.flush()


@contextmanager
def _bar() -> Iterator[Show]:
    """One line that is drawn over and over."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<9}"), BarColumn(24), TextColumn("{task.fields[text]}"))
    with Progress(*columns, console=Console(stderr=True)) as drawn:
        task = drawn.add_task("queued", total=1.0, text="")

        def show(state: str, progress: float, text: str) -> None:
            drawn.update(task, description=state, completed=progress, text=text)

        yield show
