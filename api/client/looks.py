"""Looking at an experiment again and again until it has ended."""

import time
from dataclasses import dataclass

from api.client import experiments, workers
from api.client.show import showing
from api.client.talk import Pause, Talk
from api.client.views import Progress, RunView

_LOOK_SECONDS = 1.0
"""How old what is shown may be: a run's step tells nothing to a long poll."""
_LONGEST_POLL = 30.0
_BETWEEN = 0.1


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an experiment saw; of a single run also where it is and how it does.

    Attributes:
        train, test: the last recorded error, accuracy or loss, as `kind` says.
        manned: whether there is a worker; not looked at once a run has started.
    """

    experiment: Progress
    run: RunView | None
    train: float | None
    test: float | None
    kind: str = "error"
    manned: bool = True

    def __str__(self) -> str:
        parts = [f"{self.experiment.progress:4.0%}", *self._where()]
        if not self.manned:
            parts.append("no worker is ready yet")
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


def wait(experiment_id: str, progress: bool, timeout: float | None) -> Talk[Progress]:
    """Looks until every run has ended; with `progress` shows each look on stderr.

    Raises TimeoutError where it has not ended within so many seconds.
    """
    end = None if timeout is None else time.monotonic() + timeout
    poll = 0.0
    with showing(progress) as show:
        while True:
            now = yield from experiments.experiment(experiment_id, poll)
            if show is not None:
                look = yield from _look(now)
                show(now.state, now.progress, str(look))
            if now.terminal:
                return now
            poll = _LONGEST_POLL if show is None else _LOOK_SECONDS
            if end is not None:
                poll = min(poll, end - time.monotonic())
                if poll <= 0:
                    raise TimeoutError(f"{experiment_id} is {now.state} after {timeout:g} s")
            # A sweep whose runs end one by one would answer each poll at once.
            yield Pause(_BETWEEN)


def _look(now: Progress) -> Talk[Look]:
    manned = now.state != "queued" or (yield from workers.any_ready())
    if sum(now.counts.values()) != 1:
        return Look(now, None, None, None, manned=manned)
    run = yield from experiments.first_run(now.id)
    last = yield from experiments.last_values(run.id)
    kind = next((kind for kind in ("error", "accuracy", "loss") if f"train_{kind}" in last), "error")
    return Look(now, run, last.get(f"train_{kind}"), last.get(f"test_{kind}"), kind, manned)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
