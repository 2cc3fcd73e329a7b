"""Shows how far an experiment is: a bar in a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass

from api.client import Client, Progress, RunView

_LOOK_SECONDS = 0.5
_LINE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an experiment saw; of a single run also where it is and how it does.

    Attributes:
        train, test: the last recorded error, accuracy or loss, as `kind` says.
    """

    experiment: Progress
    run: RunView | None
    train: float | None
    test: float | None
    kind: str = "error"

    def __str__(self) -> str:
        parts = [f"{self.experiment.progress:4.0%}", *self._where()]
        if self.experiment.eta_seconds and not self.experiment.terminal:
            parts.append(f"ETA {_duration(self.experiment.eta_seconds)}")
        return "  ".join(parts)

    def _where(self) -> list[str]:
        if self.run is None:
            counts = self.experiment.counts
            return [f"{counts.get('succeeded', 0):,}/{sum(counts.values()):,} runs"]
        parts = [f"step {self.run.step:,}/{self.run.steps:,}"]
        if self.run.steps_per_second:
            parts.append(f"{self.run.steps_per_second:,.0f} steps/s")
        values = (("train", self.train), ("test", self.test))
        return parts + [f"{name} {self._number(value)}" for name, value in values if value is not None]

    def _number(self, value: float) -> str:
        return f"{value:.2%}" if self.kind == "accuracy" else f"{value:.2e}"


def follow(client: Client, experiment_id: str) -> Progress:
    """Shows progress on stderr until every run has ended; the last look at the experiment."""
    show = _bar() if sys.stderr.isatty() else nullcontext(_Lines())
    with show as tell, closing(client.changes(experiment_id)) as changes:
        while True:
            look = look_at(client, experiment_id)
            tell(look)
            if look.experiment.terminal:
                return look.experiment
            # Without a stream it looks now and then.
            if not next(changes, False):
                time.sleep(_LOOK_SECONDS)


def look_at(client: Client, experiment_id: str) -> Look:
    """Asks the service once."""
    experiment = client.experiment(experiment_id)
    if sum(experiment.counts.values()) != 1:
        return Look(experiment, None, None, None)
    run = client.first_run(experiment_id)
    last = client.last_values(run.id)
    kind = next((kind for kind in ("error", "accuracy", "loss") if f"train_{kind}" in last), "error")
    return Look(experiment, run, last.get(f"train_{kind}"), last.get(f"test_{kind}"), kind)


class _Lines:
    """A plain line at each change of state and every few seconds."""

    def __init__(self) -> None:
        self._state = ""
        self._told = 0.0

    def __call__(self, look: Look) -> None:
        now = time.monotonic()
        if look.experiment.state != self._state or now - self._told >= _LINE_SECONDS:
            self._state, self._told = look.experiment.state, now
            sys.stderr.write(f"{self._state:<9}  {look}\n")
            sys.stderr.flush()


class _bar(AbstractContextManager[Callable[[Look], None]]):
    """One line that is drawn over and over."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("{task.description:<9}"), BarColumn(24), TextColumn("{task.fields[text]}"))
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task("queued", total=1.0, text="")

    def __enter__(self) -> Callable[[Look], None]:
        self._progress.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _tell(self, look: Look) -> None:
        state, done = look.experiment.state, look.experiment.progress
        self._progress.update(self._task, description=state, completed=done, text=str(look))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
