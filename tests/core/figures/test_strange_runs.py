"""Whatever runs show, a verdict is given: claims fail, and nothing raises."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from core.figures import BY_ID, FIGURES, Place, Track, judge
from core.figures.figure import places
from core.spec import canonical, is_vector_metric
from tests.core.figures.made import setting

LENGTHS = (1, 2, 400)
VALUES = (0.0, 1.0, math.nan, math.inf)


@dataclass(frozen=True)
class Strange:
    """A run in its place whose every recorded number is the same."""

    place: Place
    spec: Mapping[str, Any]
    value: float
    length: int
    crossing: int | None
    id: str = "run_1"
    state: str = "succeeded"

    @property
    def seed(self) -> int:
        return self.place.seed

    @property
    def t1(self) -> int | None:
        return self.crossing

    @property
    def t2(self) -> int | None:
        return self.crossing

    @property
    def final(self) -> Mapping[str, float]:
        return {"test_error": self.value}

    @property
    def theory(self) -> Mapping[str, Any]:
        names = ("delay", "plateau_test_error", "projection_bound", "mutual_coherence")
        return dict.fromkeys(names, self.value)

    @property
    def steps(self) -> int:
        return int(self.at("/steps"))

    def evidence(self) -> "Strange":
        return self

    def at(self, pointer: str) -> Any:
        return setting(self.place, self.spec, pointer)

    def track(self, metric: str) -> Track:
        shape = (self.length, 10) if is_vector_metric(metric) else (self.length,)
        return Track(np.arange(self.length) * 50, np.full(shape, self.value))


@pytest.mark.parametrize("id", [figure.id for figure in FIGURES])
def test_strange_runs_pass_no_figure(id: str) -> None:
    scale = BY_ID[id].smoke
    spec = scale.parsed()
    cells, plain = list(places(spec)), canonical(spec)
    for value, length, crossing in itertools.product(VALUES, LENGTHS, (None, 0, 1, 10**9)):
        runs = [Strange(place, plain, value, length, crossing) for place in cells]
        assert not all(one.passed for one in judge(scale, spec, runs)), (value, length, crossing)
