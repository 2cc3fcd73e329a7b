"""The plain loops of the benches and the engine are each other's oracle."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench import race
from bench.matrices import CASES as MATRICES
from bench.plain import plain_loop
from bench.ports import Nowhere, train_batch
from bench.race import Disagreement, Window, check_agreement
from bench.vectors import CASES as VECTORS
from core.spec import Cell, expand, parse_spec

SMALL: dict[str, Any] = {
    "axes": [{"path": "/optimizer/learning_rate", "values": [0.05, 0.1]}],
    "seeds": {"count": 2},
}
SPECS: dict[str, tuple[dict[str, Any], Window]] = {
    **{case.work: ({**case.spec, "sweep": SMALL}, Window(0, 500, 1e-12)) for case in VECTORS},
    **{f"matrix {case.size}": (case.spec(2), Window(0, 60, 1e-9)) for case in MATRICES},
    "proximal": (
        {**VECTORS[0].spec, "sweep": SMALL, "optimizer": {"kind": "proximal", "learning_rate": 0.1}},
        Window(0, 500, 1e-12),
    ),
}


def _trained(spec: dict[str, Any], steps: int) -> tuple[list[Cell], Nowhere]:
    cells, port = expand(parse_spec({**spec, "steps": steps})), Nowhere()
    train_batch(cells, port)
    return cells, port


@pytest.mark.parametrize("name", SPECS)
def test_the_engine_ends_where_the_plain_loop_does(name: str) -> None:
    spec, window = SPECS[name]
    check_agreement(*_trained(spec, window.end), window)


def test_an_engine_that_ends_elsewhere_is_told() -> None:
    spec, window = SPECS["proximal"]
    cells, port = _trained(spec, window.end)
    with pytest.raises(Disagreement, match="run 0"):
        check_agreement(cells, port, replace(window, end=window.end - 1))


def test_legs_end_where_steps_taken_at_once_do() -> None:
    cell = expand(parse_spec({**VECTORS[4].spec, "sweep": None, "steps": 30}))[0]
    whole, legs = plain_loop(cell.spec), plain_loop(cell.spec)
    whole.advance(30)
    for steps in (0, 7, 23):
        legs.advance(steps)
    np.testing.assert_array_equal(whole.parameters, legs.parameters)


def test_what_no_loop_is_written_for_is_refused() -> None:
    spec = {**VECTORS[0].spec, "optimizer": {"kind": "projected_subgradient", "learning_rate": 0.1}}
    with pytest.raises(ValueError, match="projected_subgradient"):
        plain_loop(expand(parse_spec({**spec, "sweep": None, "steps": 1}))[0].spec)


def test_a_race_compares_what_it_has_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {**VECTORS[0].spec, "sweep": SMALL}
    monkeypatch.setattr(race, "POLL", 0.0)
    speeds = race.race(spec, Window(200, 800, 1e-12))
    assert min(speeds.engine, speeds.plain) > 0
    with pytest.raises(RuntimeError, match="legs are timed"):
        race.race(spec, Window(797, 800, 1e-12))
    with pytest.raises(Disagreement):
        race.race(spec, Window(200, 800, -1.0))
