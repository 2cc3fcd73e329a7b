"""Events as the bytes of a stream (HTML Living Standard, 9.2 Server-sent events)."""

from collections.abc import Iterator, Mapping

from api.answers import dumps
from api.schemas.base import Answer
from api.schemas.live import (
    CrossingEvent,
    EndEvent,
    ExperimentProgress,
    PointsEvent,
    RunProgress,
    StateEvent,
)
from core.store import Happened, Look, Recorded, RunLook

RETRY = b"retry: 2000\n\n"
BEAT = b": still here\n\n"
_CROSSINGS = {"t1": "t1", "t2": "t2", "diverged_at": "diverged"}
_RUNS_AN_EVENT = 1000


def happened(what: Happened) -> bytes:
    """An event of the history, with its number as id."""
    event = what.event
    if event.kind in _CROSSINGS:
        step: int = event.data["step"]
        found = CrossingEvent.model_construct(seq=event.seq, run=event.run_id, step=step, at=event.at)
        return b"id: %d\n" % event.seq + _message(_CROSSINGS[event.kind], found)
    data = StateEvent.model_construct(
        seq=event.seq, run=event.run_id, state=what.state, kind=event.kind, at=event.at, data=event.data
    )
    return b"id: %d\n" % event.seq + _message("state" if what.state else event.kind, data)


def mark(seq: int) -> bytes:
    """Sets the last id of the client, and is no event."""
    return b"id: %d\n\n" % seq


def progress(look: Look) -> bytes:
    """How far it is; no part of the history, so without an id."""
    if isinstance(look, RunLook):
        return _message(
            "progress",
            RunProgress.model_construct(
                run=look.id,
                state=look.state,
                step=look.step,
                steps=look.steps,
                progress=1.0 if look.state == "succeeded" else look.step / look.steps,
                steps_per_second=look.steps_per_second,
            ),
        )
    return _message(
        "progress",
        ExperimentProgress.model_construct(
            experiment=look.id,
            state=look.state,
            counts=look.counts,
            progress=look.progress,
            eta_seconds=look.eta_seconds,
        ),
    )


def points(before: Look | None, now: Look) -> bytes:
    """What was recorded between two looks, an event for all that ends at one step."""
    known = {run: recorded for recorded in before.recorded for run in recorded.runs} if before else {}
    return b"".join(_message("points", event) for recorded in now.recorded for event in _new(known, recorded))


def _new(known: Mapping[str, Recorded], recorded: Recorded) -> Iterator[PointsEvent]:
    groups: dict[int, tuple[Mapping[str, int], list[str]]] = {}
    for run in recorded.runs:
        before = known[run].steps if run in known else {}
        groups.setdefault(id(before) if before else 0, (before, []))[1].append(run)
    for before, runs in groups.values():
        ranges: dict[tuple[int | None, int], list[str]] = {}
        for metric, step in recorded.steps.items():
            after = before.get(metric)
            if after is None or step > after:
                ranges.setdefault((after, step), []).append(metric)
        for (after, step), metrics in ranges.items():
            for start in range(0, len(runs), _RUNS_AN_EVENT):
                some = runs[start : start + _RUNS_AN_EVENT]
                yield PointsEvent.model_construct(runs=some, metrics=metrics, after_step=after, to_step=step)


def ended(look: Look) -> bytes:
    """Nothing more will come."""
    return _message("end", EndEvent.model_construct(reason="ended", state=look.state))


def deleted() -> bytes:
    """There is nothing any more that something could happen to."""
    return _message("end", EndEvent.model_construct(reason="deleted", state=None))


def _message(name: str, data: Answer) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), dumps(data.model_dump(warnings="none")))
