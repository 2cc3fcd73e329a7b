"""Whatever is asked of networks is refused as data or can be planned, drawn and written down again."""

import copy
import json
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.problems import draw_network, network_arrays, network_start
from core.spec import (
    Cell,
    ExperimentSpec,
    SpecInvalid,
    available_metrics,
    batch_seconds,
    canonical,
    cells_at,
    digest,
    expand,
    layers_of,
    parse_spec,
    plan,
)
from tests.core.spec.drawn_networks import network_specs
from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER
from tests.core.spec.test_parse import BASE as LINEAR

Json = dict[str, Any]


def written_again(spec: object) -> object:
    """The JSON data after a way through text."""
    return json.loads(json.dumps(spec))


def can_be_drawn(cell: Cell) -> None:
    """Data and start have the shapes that the spec says, and finite numbers."""
    spec = cell.spec
    instance, problem = draw_network(spec), spec.network_problem
    assert len(instance.train.inputs) == len(instance.train.targets) == problem.train_rows > 0
    assert (len(instance.test.targets) if instance.test is not None else 0) == problem.test_rows
    for array in (*network_arrays(instance).values(), *network_start(spec)):
        assert np.isfinite(array).all()
    assert [array.shape for array in network_start(spec)] == [layer.shape for layer in layers_of(spec)]
    if problem.task == "classification":
        parts = [instance.train, *([instance.test] if instance.test is not None else [])]
        assert all(part.targets.min() >= 0 and part.targets.max() < problem.outputs for part in parts)


def asked(data: Json) -> ExperimentSpec | SpecInvalid:
    """The spec, or why it is none."""
    try:
        return parse_spec(data)
    except SpecInvalid as refusal:
        return refusal


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(network_specs())
def test_a_spec_is_refused_as_data_or_can_be_planned_and_drawn(data: Json) -> None:
    before = copy.deepcopy(data)
    found = asked(data)
    assert data == before
    if isinstance(found, SpecInvalid):
        assert found.errors
        assert all(error.pointer.startswith("/") and error.message for error in found.errors)
        return
    spec = found
    (cell,) = expand(spec)
    (batch,) = plan([cell])
    assert batch.bytes > 0
    assert batch_seconds([cell.spec]) > 0
    assert available_metrics(cell.spec)
    can_be_drawn(cell)
    again = parse_spec(written_again(canonical(spec)))
    assert again == spec
    assert digest(again) == digest(spec) == cell.digest


BASES = (MODULAR, TEACHER, CLASSES, NUMBERS, DIGITS, LINEAR)
KINDS = ("problem", "model", "optimizer")
given_detection = st.fixed_dictionaries(
    {}, optional={"train_threshold": st.floats(0.01, 0.9), "test_threshold": st.floats(0.01, 0.9)}
)


@settings(max_examples=80)
@given(
    st.lists(st.sampled_from(BASES), min_size=1, max_size=4, unique_by=id),
    st.sampled_from(BASES),
    given_detection,
    st.sampled_from([None, "float32", "float64"]),
    st.integers(1, 3),
)
def test_cells_of_a_sweep_over_kinds_are_what_they_would_be_alone(
    rows: list[Json], base: Json, detection: Json, precision: str | None, seeds: int
) -> None:
    values = [[row[name] for name in KINDS] for row in rows]
    axis = {"paths": [f"/{name}" for name in KINDS], "values": values}
    shared = {"detect": detection, "steps": 20, "precision": precision}
    spec = parse_spec({**base, **shared, "sweep": {"axes": [axis], "seeds": {"count": seeds}}})
    cells = expand(spec)
    assert cells_at(spec, range(len(cells))) == cells
    for cell in cells:
        alone = parse_spec({**rows[cell.index // seeds], **shared, "seed": cell.seed})
        assert cell.spec == alone
        assert cell.digest == digest(alone) == digest(parse_spec(written_again(canonical(cell.spec))))
    again = parse_spec(written_again(canonical(spec)))
    assert again == spec
    assert digest(again) == digest(spec)
    assert [cell.digest for cell in expand(again)] == [cell.digest for cell in cells]


def test_what_a_sweep_leaves_open_is_filled_in_cell_by_cell() -> None:
    axis = {
        "paths": [f"/{name}" for name in KINDS],
        "values": [[row[name] for name in KINDS] for row in (MODULAR, TEACHER, LINEAR)],
    }
    spec = parse_spec({**MODULAR, "detect": {"train_threshold": 0.5}, "sweep": {"axes": [axis]}})
    assert (spec.precision, spec.detect.metric, spec.detect.test_threshold) == (None, None, None)
    found = [(c.spec.precision, c.spec.detect.metric, c.spec.detect.levels) for c in expand(spec)]
    assert found == [
        ("float32", "accuracy", (0.5, 0.9999)),
        ("float32", "loss", (0.5, 1e-1)),
        ("float64", "error", (0.5, 1e-3)),
    ]


def test_a_sweep_over_the_metric_takes_the_thresholds_of_each() -> None:
    axis = {"path": "/detect/metric", "values": ["accuracy", "loss"]}
    cells = expand(parse_spec({**MODULAR, "sweep": {"axes": [axis]}}))
    assert [cell.spec.detect.levels for cell in cells] == [(0.9999, 0.9999), (1e-2, 1e-1)]
    assert [cell.spec.detect.direction for cell in cells] == ["above", "below"]


def test_a_default_has_the_digest_of_its_value() -> None:
    said = {"precision": "float32", "detect": {"metric": "accuracy", "test_threshold": 0.9999}}
    assert digest(parse_spec({**MODULAR, **said})) == digest(parse_spec(MODULAR))
    others: list[Json] = [
        {},
        {"precision": "float64"},
        {"detect": {"metric": "loss"}},
        {"detect": {"test_threshold": 0.99}},
    ]
    assert len({digest(parse_spec({**MODULAR, **other})) for other in others}) == 4
