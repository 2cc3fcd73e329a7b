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
from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER
from tests.core.spec.test_parse import BASE as LINEAR

Json = dict[str, Any]

widths = st.integers(1, 6)
fractions = st.floats(0.01, 0.99)
rates = st.floats(1e-6, 10)
strengths = st.one_of(st.just(0), st.floats(0, 1))
activations = st.sampled_from(["relu", "tanh", "gelu", "quadratic", "sin", "identity"])
laws = st.sampled_from(["paper", "kaiming", "xavier", "normal_fan_in", "normal_fan_out"])


def part(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """A part of a spec with any of these fields, the others left to their defaults."""
    return st.fixed_dictionaries({"kind": st.just(kind)}, optional=fields)


weights = st.integers(2, 13).flatmap(lambda p: st.lists(st.floats(0, 10), min_size=p, max_size=p))
modular = st.one_of(
    part(
        "modular_arithmetic",
        modulus=st.integers(2, 13),
        operation=st.sampled_from(["+", "-", "*", "/", "x^2+xy+y^2"]),
        train_fraction=fractions,
        split=st.sampled_from(["random", "published", "balanced", "proportions"]),
    ),
    st.builds(
        lambda spec, given: {**spec, "modulus": len(given), "class_proportions": given},
        part("modular_arithmetic", train_fraction=fractions).map(lambda s: {**s, "split": "proportions"}),
        weights,
    ),
)
teacher = part(
    "teacher_student",
    dimension=widths,
    hidden=widths,
    outputs=widths,
    train_size=widths,
    test_size=widths,
    activation=st.sampled_from(["relu", "tanh", "gelu", "quadratic", "sin"]),
    output_scale=rates,
)


@st.composite
def own(draw: st.DrawFn) -> Json:
    rows, width = draw(widths), draw(widths)
    numbers = st.one_of(st.integers(0, 3), st.floats(-5, 5, width=32))
    row = st.lists(numbers, min_size=width, max_size=width)
    optional = {
        "task": st.sampled_from(["regression", "classification"]),
        "test_fraction": fractions,
        "test_inputs": st.lists(row, min_size=2, max_size=2),
        "test_targets": st.lists(numbers, min_size=2, max_size=2),
        "true_parameters": row,
    }
    return draw(
        st.fixed_dictionaries(
            {
                "kind": st.just("dataset"),
                "inputs": st.lists(row, min_size=rows, max_size=rows),
                "targets": st.lists(numbers, min_size=rows, max_size=rows),
            },
            optional=optional,
        )
    )


digits = st.fixed_dictionaries(
    {"kind": st.just("dataset"), "builtin": st.just("digits")}, optional={"test_fraction": fractions}
)
init = st.fixed_dictionaries({}, optional={"kind": laws, "scale": rates, "zero_last_layer": st.booleans()})
hidden = st.lists(widths, max_size=3)
perceptron = st.builds(
    lambda spec, widths: {**spec, "hidden": widths},
    part("mlp", activation=activations, bias=st.booleans(), init=init),
    hidden,
)
pairs = part(
    "encoder_decoder",
    embedding=st.sampled_from([1, 3, 4, 9]),
    hidden=hidden,
    combine=st.sampled_from(["matrix_product", "hadamard", "sum", "concat"]),
    activation=activations,
    shared_embedding=st.booleans(),
    bias=st.booleans(),
    init=init,
)
schedule = st.one_of(
    part("constant"),
    part("warmup", warmup_steps=st.integers(1, 30)),
    part("cosine", warmup_steps=st.integers(0, 20), final_fraction=st.floats(0, 1)),
)
method = st.builds(
    lambda spec, rate: {**spec, "learning_rate": rate},
    st.one_of(
        part(
            "sgd",
            batch_size=st.integers(1, 12),
            momentum=st.floats(0, 1),
            nesterov=st.booleans(),
            schedule=schedule,
        ),
        part(
            "adamw",
            batch_size=st.integers(1, 12),
            betas=st.lists(st.floats(0, 1), min_size=2, max_size=2),
            eps=st.floats(0, 1),
            weight_decay=strengths,
            schedule=schedule,
        ),
    ),
    rates,
)
penalties = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("l1", "l2", "l2_squared", "nuclear", "sobolev_1", "sobolev_2_squared"), strengths),
        "groups": st.one_of(
            st.just("weights"),
            st.lists(st.sampled_from(["embedding", "decoder.0", "layers.0", "layers.0.bias"]), min_size=1),
        ),
    },
)
record = st.fixed_dictionaries(
    {},
    optional={
        "first": st.integers(0, 30),
        "every": st.integers(1, 30),
        "metrics": st.lists(
            st.sampled_from(["train_loss", "test_accuracy", "l2_norm[layers.0]", "rank", "parameters"]),
            min_size=1,
        ),
        "parameters_per_decade": st.integers(0, 10),
        "refine_crossings": st.booleans(),
        "checkpoints": st.sampled_from(["crossings", "powers_of_two"]),
    },
)
detect = st.fixed_dictionaries(
    {},
    optional={
        "metric": st.sampled_from(["accuracy", "loss", "error"]),
        "train_threshold": st.floats(0.001, 1.1),
        "test_threshold": st.floats(0.001, 1.1),
    },
)
fitting = st.one_of(st.tuples(modular, pairs), st.tuples(st.one_of(teacher, own(), digits), perceptron))
anything = st.tuples(st.one_of(modular, teacher, own(), digits), st.one_of(pairs, perceptron))


@st.composite
def specs(draw: st.DrawFn) -> Json:
    problem, model = draw(st.one_of(fitting, fitting, anything))
    rest = st.fixed_dictionaries(
        {"optimizer": method, "steps": st.integers(1, 40)},
        optional={
            "seed": st.integers(0, 2**53 - 1),
            "precision": st.sampled_from(["float32", "float64"]),
            "device": st.sampled_from(["auto", "cpu", "cuda:1"]),
            "regularization": penalties,
            "record": record,
            "detect": detect,
            "stop": st.fixed_dictionaries({}, optional={"when_generalised": st.booleans()}),
            "rng": st.sampled_from(["default", "default", "numpy-legacy"]),
        },
    )
    return {"problem": problem, "model": model, **draw(rest)}


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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs())
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


@settings(max_examples=80, deadline=None)
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
