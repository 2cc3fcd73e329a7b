"""Runs made up for pictures: one a cell of a figure, of every way to end, without training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from core.figures import Figure, Place, ScaleName
from core.figures.draw import Line
from core.figures.figure import places
from core.spec import canonical

ENDS: Sequence[tuple[str | None, int | None, int | None]] = (
    ("grokked", 10, 60),
    ("grokked", 12, 40),
    ("grokked", 20, 80),
    ("memorised_only", 10, None),
    ("generalised_at_once", 30, 30),
    ("grokked", 11, 70),
    ("never_memorised", None, None),
    ("diverged", 5, None),
    ("generalised_at_once", None, 50),
    (None, 10, None),
)
"""Outcome, t1 and t2; without an outcome it goes on."""
STEPS = [0, 1, 2, 5, 10, 20, 50, 100]


def setting(place: Place, spec: Mapping[str, Any], pointer: str) -> Any:
    """What a run in that place of the experiment has at a pointer, its seed at `seed`; None for nothing."""
    if pointer == "seed":
        return place.seed
    if pointer in place.axes:
        return place.axes[pointer]
    node: Any = spec
    for part in pointer[1:].split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return node


@dataclass(frozen=True)
class Made:
    """A run in its place. Its final values are those of the metrics that were named."""

    id: str
    place: Place
    spec: Mapping[str, Any]
    end: tuple[str | None, int | None, int | None]
    final: Mapping[str, float]
    theory: Mapping[str, Any]
    steps: int = 100

    @property
    def seed(self) -> int:
        return self.place.seed

    @property
    def over(self) -> bool:
        return self.outcome is not None

    @property
    def outcome(self) -> str | None:
        return self.end[0]

    @property
    def t1(self) -> int | None:
        return self.end[1]

    @property
    def t2(self) -> int | None:
        return self.end[2]

    def at(self, pointer: str) -> Any:
        return setting(self.place, self.spec, pointer)


def made_runs(figure: Figure, scale: ScaleName) -> list[Made]:
    """The runs of a figure, in cell order; whatever its panels ask for they have."""
    spec = figure.scale(scale).parsed()
    plain = canonical(spec)
    names = {name for panel in figure.panels for name in (*panel.y, panel.value) if name}
    theory = {"delay": 45.0, "t1": 9.0, "mutual_coherence": 0.5}
    return [
        Made(f"run_{number}", place, plain, end, {name: 0.1 / (1 + number % 7) for name in names}, theory)
        for number, (place, end) in enumerate(zip(places(spec), cycle(ENDS), strict=False))
    ]


class MadeRecordings:
    """What was recorded of them: every metric falls, with a gap; vectors have ten components."""

    def lines(self, runs: Sequence[Made], metrics: Sequence[str], points: int) -> list[list[Line]]:
        return [[Line(metric, STEPS, self._values(run)) for metric in metrics] for run in runs]

    def levels(self, run: Made, metrics: Sequence[str]) -> list[float]:
        return [1e-3 for metric in metrics if metric.endswith("_error")]

    def together(self, run: Made, metrics: Sequence[str]) -> tuple[list[int], list[list[float | None]]]:
        return STEPS, [
            [(place + 1) * (value or 0) for value in self._values(run)] for place, _ in enumerate(metrics)
        ]

    def rows(self, run: Made, metric: str) -> tuple[list[int], list[list[float | None]]]:
        return STEPS, [[value and value / (1 + place) for place in range(10)] for value in self._values(run)]

    def truth(self, run: Made, metric: str) -> list[float] | None:
        if metric.endswith("_norm"):
            return [0.2]
        return [1.0, 0.5, *[0.0] * 8] if metric in ("parameters", "singular_values") else None

    def _values(self, run: Made) -> list[float | None]:
        level = 1 + run.seed + len(run.id) % 3
        values: list[float | None] = [level / (1 + step) for step in STEPS]
        values[-2] = None
        return values
