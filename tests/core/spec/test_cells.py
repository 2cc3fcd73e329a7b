"""Cells come in a fixed order, each the spec it would be alone."""

import json
from typing import Any

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from core.spec import (
    ExperimentSpec,
    GradientMethod,
    SpecInvalid,
    canonical,
    cells_at,
    design_key,
    design_keys,
    digest,
    expand,
    parse_spec,
    plan,
)
from core.spec.digest import digests
from core.spec.plan import program_key, program_keys
from tests.core.spec.drawn_linear import linear_specs
from tests.core.spec.drawn_networks import network_specs
from tests.core.spec.test_parse import BASE

strengths = st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=4, unique=True)
rates = st.lists(st.floats(1e-6, 1, allow_nan=False), min_size=1, max_size=3, unique=True)
rows = st.lists(st.integers(1, 60), min_size=1, max_size=3, unique=True)


def grid(strengths: list[float], rates: list[float], rows: list[int], seeds: int) -> dict[str, Any]:
    axes: list[dict[str, Any]] = [
        {"path": "/regularization/l1", "values": strengths},
        {"path": "/optimizer/learning_rate", "values": rates},
        {"path": "/problem/measurements", "values": rows},
    ]
    return {**BASE, "sweep": {"axes": axes, "seeds": {"start": 3, "count": seeds}}}


def rate_of(spec: ExperimentSpec) -> float:
    assert isinstance(spec.optimizer, GradientMethod)
    return spec.optimizer.learning_rate


@settings(max_examples=60)
@given(strengths, rates, rows, st.integers(1, 4))
def test_a_sweep_is_the_grid_with_seeds_fastest(
    strengths: list[float], rates: list[float], rows: list[int], seeds: int
) -> None:
    spec = parse_spec(grid(strengths, rates, rows, seeds))
    cells = expand(spec)
    want = [
        (strength, rate, row, 3 + seed)
        for strength in strengths
        for rate in rates
        for row in rows
        for seed in range(seeds)
    ]
    got = [
        (s.regularization.l1, rate_of(s), s.linear_problem.measurements, s.seed)
        for s in (c.spec for c in cells)
    ]
    assert got == want
    assert cells_at(spec, range(len(cells))) == cells
    assert all(
        c.spec.sweep is None and list(c.axes.values()) == list(g[:3]) for c, g in zip(cells, got, strict=True)
    )


@settings(max_examples=60)
@given(strengths, rates, rows, st.integers(1, 40))
def test_a_plan_has_every_cell_once_in_rectangles_of_one_program(
    strengths: list[float], rates: list[float], rows: list[int], seeds: int
) -> None:
    cells = expand(parse_spec(grid(strengths, rates, rows, seeds)))
    batches = plan(cells)
    assert sorted(m for batch in batches for m in batch.members) == list(range(len(cells)))
    for batch in batches:
        designs: dict[tuple[int, int], int] = {}
        for member in batch.members:
            key = (cells[member].spec.linear_problem.measurements, cells[member].seed)
            designs[key] = designs.get(key, 0) + 1
        assert len(set(designs.values())) == 1
        assert len(batch.members) <= 256
        assert batch.bytes > 0


def test_runs_of_other_shape_train_apart() -> None:
    axes = [{"path": "/problem/dimension", "values": [50, 100]}, {"path": "/model/depth", "values": [1, 2]}]
    cells = expand(parse_spec({**BASE, "sweep": {"axes": axes}}))
    assert [batch.members for batch in plan(cells)] == [(0,), (1,), (2,), (3,)]


def test_zipped_axes_move_together_and_whole_objects_can_be_swept() -> None:
    axes = [
        {"paths": ["/regularization/l1", "/steps"], "values": [[1e-3, 10], [1e-4, 100]]},
        {"path": "/optimizer", "values": [{"kind": "proximal", "learning_rate": 0.1}, BASE["optimizer"]]},
    ]
    cells = expand(parse_spec({**BASE, "sweep": {"axes": axes}}))
    assert [(c.spec.regularization.l1, c.spec.steps, c.spec.optimizer.kind) for c in cells] == [
        (1e-3, 10, "proximal"),
        (1e-3, 10, "subgradient"),
        (1e-4, 100, "proximal"),
        (1e-4, 100, "subgradient"),
    ]


def test_a_logspace_has_exactly_its_ends() -> None:
    sweep = {"axes": [{"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-1, "num": 6}}]}
    values = [c.spec.regularization.l1 for c in expand(parse_spec({**BASE, "sweep": sweep}))]
    assert values[0] == 1e-6
    assert values[-1] == 1e-1
    assert len(values) == 6


def test_the_digest_sees_numbers_and_nothing_else() -> None:
    base = digest(parse_spec(BASE))
    same: list[dict[str, Any]] = [
        {"name": "x"},
        {"tags": ["a"]},
        {"reuse": False},
        {"engine": "loop"},
        {"device": "cpu"},
    ]
    other: list[dict[str, Any]] = [
        {"seed": 1},
        {"steps": 1001},
        {"precision": "float32"},
        {"device": "cuda"},
        {"record": "paper"},
    ]
    assert {digest(parse_spec({**BASE, **change})) for change in same} == {base}
    assert len({digest(parse_spec({**BASE, **change})) for change in other} | {base}) == len(other) + 1


def test_a_cell_has_the_digest_of_its_own_spec() -> None:
    spec = parse_spec(grid([1e-3], [0.1], [30], 2))
    alone = parse_spec({**BASE, "seed": 4, "regularization": {"l1": 1e-3}})
    assert digest(expand(spec)[1].spec) == digest(alone)


@settings(max_examples=60, deadline=None)
@given(linear_specs() | network_specs(), st.integers(0, 2**53 - 5), st.integers(1, 4))
def test_what_is_made_once_for_many_seeds_is_what_each_has(data: dict[str, Any], start: int, n: int) -> None:
    try:
        spec = parse_spec(data)
    except SpecInvalid:
        reject()
    seeded = [spec.model_copy(update={"seed": seed}) for seed in range(start, start + n)]
    assert list(digests(spec, range(start, start + n))) == [digest(one) for one in seeded]
    assert list(design_keys([*seeded, spec])) == [design_key(one) for one in [*seeded, spec]]


@settings(max_examples=60, deadline=None)
@given(strengths, rates, rows, st.integers(1, 4))
def test_keys_made_once_are_those_of_each_cell(
    strengths: list[float], rates: list[float], rows: list[int], seeds: int
) -> None:
    specs = [cell.spec for cell in expand(parse_spec(grid(strengths, rates, rows, seeds)))]
    assert list(design_keys(specs)) == [design_key(spec) for spec in specs]
    assert list(program_keys(specs)) == [program_key(spec) for spec in specs]


def test_the_canonical_form_is_json_and_parses_to_the_same_spec() -> None:
    spec = parse_spec(grid([1e-3, 0.5], [0.1], [30], 2))
    assert parse_spec(json.loads(json.dumps(canonical(spec)))) == spec
