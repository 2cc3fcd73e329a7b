"""What may be asked of recorded series, and the parts that answer it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.errors import Fault, InvalidRequest
from api.parameters import MAX_INTEGER
from api.series_text import Part
from core.spec import is_vector_metric, metric_names, metric_of, split_name, vector_names
from core.store import Database, MetricSummary, Watermark, read_series, read_vectors, summaries

MAX_METRICS = 64
Recorded = Mapping[str, MetricSummary]


def recorded_metrics(conn: Connection, recording_id: int) -> dict[str, MetricSummary]:
    """What was recorded, by name, in the order of the catalogue; vectors last."""
    place = {name: i for i, name in enumerate((*metric_names(), *vector_names()))}

    def rank(summary: MetricSummary) -> tuple[int, str]:
        # Metrics of single layers stand behind that of all.
        name = summary.name if summary.name in place else split_name(summary.name)[0]
        return place.get(name, len(place)), summary.name

    found = summaries(conn, recording_id)
    found.sort(key=rank)
    return {summary.name: summary for summary in found}


def chosen_names(asked: list[str] | None, recorded: Recorded) -> list[str]:
    """The asked metrics, each once, or all scalar ones that there are. Raises InvalidRequest for others."""
    # Before its first point a run may be asked for whatever can be recorded.
    known = list(recorded) or [*metric_names(), *vector_names()]
    if recorded:
        for name in asked or ():
            if name not in recorded:
                raise bad_metric(f"one of {', '.join(known)}", name)
    else:
        require_known(asked or ())
    if asked is not None:
        return list(dict.fromkeys(asked))
    return [name for name in known if not is_vector(name, recorded)]


def require_known(asked: Sequence[str]) -> None:
    """Raises InvalidRequest for a metric that no run can have."""
    for name in asked:
        if metric_of(name) is None:
            known = ", ".join((*metric_names(), *vector_names()))
            raise bad_metric(f"one of {known}, or such as l2_norm[decoder.0] of a layer", name)


def bad_metric(allowed: str, given: str) -> InvalidRequest:
    """The refusal of a metric that there is none of."""
    fault = Fault("/query/metric", allowed, given)
    return InvalidRequest(f"{fault.pointer}: must be {allowed}. Got {given[:100]!r} instead.", [fault])


def is_vector(name: str, recorded: Recorded) -> bool:
    """Whether the values of a metric are vectors."""
    return recorded[name].shape is not None if name in recorded else is_vector_metric(name)


def count_numbers(names: Sequence[str], recorded: Recorded) -> int:
    """How many numbers were recorded of these metrics."""
    found = (recorded[name] for name in names if name in recorded)
    return sum(summary.n * math.prod(summary.shape or ()) for summary in found)


@dataclass(frozen=True, slots=True)
class Question:
    """Steps and metrics of one recording; what lies beyond `mark` is left out, also while the run goes on."""

    recording_id: int
    vectors: frozenset[str]
    mark: Watermark | None = None
    from_step: int | None = None
    to_step: int | None = None
    after_step: int | None = None

    def ask(self, conn: Connection, names: Sequence[str]) -> list[Part]:
        """One part for each metric, in that order."""
        scalars = [name for name in names if name not in self.vectors]
        found: dict[str, Part] = {}
        if scalars:
            end = self._end(None if self.mark is None else self.mark.last_step)
            parts = read_series(conn, self.recording_id, scalars, self.from_step, end, self.after_step)
            found |= {part.metric: part for part in parts}
        end = self._end(None if self.mark is None else self.mark.last_vector_step)
        for name in names:
            if name in self.vectors:
                found[name] = read_vectors(
                    conn, self.recording_id, name, self.from_step, end, self.after_step
                )
        return [found[name] for name in names]

    def one_by_one(self, db: Database, names: Sequence[str]) -> Iterator[Part]:
        """The parts, each read in a transaction of its own once it is wanted."""
        for name in names:
            with db.read() as conn:
                parts = self.ask(conn, [name])
            yield from parts

    def _end(self, last: int | None) -> int | None:
        if self.mark is None:
            return self.to_step
        return min(last or 0, MAX_INTEGER if self.to_step is None else self.to_step)
