"""The verdict on an experiment: its runs as the store keeps them, judged by the claims of a figure."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.figures import Figure, Judged, Place, ScaleName, Track, judge, scale_of
from core.spec import ExperimentSpec, canonical, is_vector_metric
from core.store import Experiment, Run, list_runs, read_series, read_vectors

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every claim of the figure at one scale, and what became of it."""

    scale: ScaleName
    claims: list[Judged]


def give_verdict(
    conn: Connection, figure: Figure, experiment: Experiment, spec: ExperimentSpec, scale: ScaleName | None
) -> Verdict:
    """The verdict at a scale; by default at the one that the experiment's tags name.

    Without such tags it is the scale of which the experiment has more of the cells.
    """
    runs = _stored_runs(conn, experiment, canonical(spec))
    chosen = scale or scale_of(figure, experiment.tags, [run.place for run in runs])
    return Verdict(chosen, judge(figure.scale(chosen), spec, runs))


def _stored_runs(conn: Connection, experiment: Experiment, spec: Mapping[str, Any]) -> list["StoredRun"]:
    found: list[StoredRun] = []
    after: int | None = None
    while page := list_runs(conn, experiment.id, limit=_PAGE, after_cell=after):
        found += [StoredRun(conn, run, spec) for run in page]
        after = page[-1].cell
    return found


@dataclass(slots=True)
class StoredRun:
    """A run as claims see it; what was recorded is read once, when it is asked for."""

    conn: Connection
    run: Run
    experiment_spec: Mapping[str, Any]
    _tracks: dict[str, Track] = field(default_factory=dict)
    _spec: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def place(self) -> Place:
        return Place(self.run.axes, self.run.seed)

    @property
    def state(self) -> str:
        return self.run.state

    @property
    def steps(self) -> int:
        return self.run.steps

    def evidence(self) -> "StoredRun":
        return self

    @property
    def seed(self) -> int:
        return self.run.seed

    @property
    def t1(self) -> int | None:
        return self.run.t1

    @property
    def t2(self) -> int | None:
        return self.run.t2

    @property
    def final(self) -> Mapping[str, float]:
        return self.run.final

    @property
    def theory(self) -> Mapping[str, Any]:
        return self.run.theory or {}

    def at(self, pointer: str) -> Any:
        """What its spec has at a JSON pointer; None for nothing."""
        if self._spec is None:
            self._spec = _with_axes(self.experiment_spec, {**self.run.axes, "/steps": self.run.steps})
        node: Any = self._spec
        for part in _parts(pointer):
            node = node.get(part) if isinstance(node, dict) else None
        return node

    def track(self, metric: str) -> Track:
        """A recorded metric; without points where it was not recorded."""
        if metric not in self._tracks:
            self._tracks[metric] = self._read(metric)
        return self._tracks[metric]

    def _read(self, metric: str) -> Track:
        if is_vector_metric(metric):
            rows = read_vectors(self.conn, self.run.recording_id, metric)
            return Track(rows.steps, rows.values)
        (part,) = read_series(self.conn, self.run.recording_id, [metric])
        return Track(part.steps, part.values)


def _with_axes(spec: Mapping[str, Any], axes: Mapping[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy({name: value for name, value in spec.items() if name != "sweep"})
    # An axis may set a whole object and another one a field in it.
    for pointer in sorted(axes, key=len):
        *parents, last = _parts(pointer)
        node = changed
        for part in parents:
            node = node[part]
        node[last] = copy.deepcopy(axes[pointer])
    return changed


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
