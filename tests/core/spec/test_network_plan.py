"""Which networks train together, and what that is said to take."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.spec import ExperimentSpec, batch_seconds, expand, parse_spec, plan
from core.spec.network_size import (
    MAX_STACKED_CPU,
    MAX_STACKED_GPU,
    STACKED_BYTES,
    network_bytes,
    network_seconds,
    network_size,
)
from tests.core.spec.network_specs import CLASSES, MODULAR, NUMBERS, TEACHER, changed

Json = dict[str, Any]

MODULAR_L1 = changed(MODULAR, {"/regularization/l1": 1e-3})
TEACHER_L1 = changed(TEACHER, {"/regularization/l1": 1e-3})
PUBLISHED: Json = {
    **MODULAR,
    "problem": {"kind": "modular_arithmetic"},
    "model": {"kind": "encoder_decoder"},
}


def members(*specs: Json) -> list[tuple[int, ...]]:
    """The batches of these specs, each one run."""
    cells = [cell for spec in specs for cell in expand(parse_spec(spec))]
    return [batch.members for batch in plan(cells)]


APART: dict[str, tuple[Json, Json]] = {
    "rows to train on": (MODULAR_L1, {"/problem/train_fraction": 0.5}),
    "rows to test on": (TEACHER_L1, {"/problem/test_size": 8}),
    "residues": (MODULAR_L1, {"/problem/modulus": 7}),
    "pairs of division": (MODULAR_L1, {"/problem/operation": "/"}),
    "numbers of an input": (TEACHER_L1, {"/problem/dimension": 4}),
    "numbers of an output": (TEACHER_L1, {"/problem/outputs": 3}),
    "widths": (MODULAR_L1, {"/model/hidden": [4]}),
    "depth": (TEACHER_L1, {"/model/hidden": [5, 5]}),
    "embeddings": (MODULAR_L1, {"/model/embedding": 9}),
    "how embeddings combine": (MODULAR_L1, {"/model/combine": "sum"}),
    "sharing of embeddings": (MODULAR_L1, {"/model/shared_embedding": True}),
    "activation": (MODULAR_L1, {"/model/activation": "sin"}),
    "biases": (TEACHER_L1, {"/model/bias": False}),
    "method": (MODULAR_L1, {"/optimizer/kind": "adamw"}),
    "betas": (MODULAR_L1, {"/optimizer/betas": [0.9, 0.99]}),
    "eps": (MODULAR_L1, {"/optimizer/eps": 1e-6}),
    "weight decay": (MODULAR_L1, {"/optimizer/weight_decay": 0.1}),
    "momentum": (TEACHER_L1, {"/optimizer/momentum": 0.9}),
    "batch size": (MODULAR_L1, {"/optimizer/batch_size": 5}),
    "schedule": (MODULAR_L1, {"/optimizer/schedule": {"kind": "cosine"}}),
    "penalties": (MODULAR_L1, {"/regularization": {"l2": 1e-3}}),
    "one penalty more": (MODULAR_L1, {"/regularization/nuclear": 1e-3}),
    "penalised layers": (MODULAR_L1, {"/regularization/groups": ["decoder"]}),
    "precision": (MODULAR_L1, {"/precision": "float64"}),
    "device": (MODULAR_L1, {"/device": "cuda"}),
    "rounding": (MODULAR_L1, {"/allow_tf32": True}),
    "steps": (MODULAR_L1, {"/steps": 21}),
    "recorded steps": (MODULAR_L1, {"/record": {"every": 7}}),
    "recorded metrics": (MODULAR_L1, {"/record": {"metrics": ["l2_norm"]}}),
    "refinement": (MODULAR_L1, {"/record": {"refine_crossings": True}}),
    "kept parameters": (MODULAR_L1, {"/record": {"checkpoints": "powers_of_two"}}),
    "the last step": (MODULAR_L1, {"/stop": {"when_generalised": True}}),
    "what is detected": (MODULAR_L1, {"/detect": {"metric": "loss"}}),
}
TOGETHER: dict[str, tuple[Json, Json]] = {
    "seed": (MODULAR_L1, {"/seed": 1}),
    "learning rate": (MODULAR_L1, {"/optimizer/learning_rate": 1e-3}),
    "strength": (MODULAR_L1, {"/regularization/l1": 1e-2}),
    "start": (MODULAR_L1, {"/model/init": {"kind": "xavier", "scale": 8, "zero_last_layer": True}}),
    "thresholds": (MODULAR_L1, {"/detect": {"train_threshold": 0.9}}),
    "operation": (MODULAR_L1, {"/problem/operation": "*"}),
    "split": (MODULAR_L1, {"/problem/split": "balanced"}),
    "size of the teacher": (TEACHER_L1, {"/problem/hidden": 9}),
    "activation of the teacher": (TEACHER_L1, {"/problem/activation": "sin"}),
    "numbers": (NUMBERS, {"/problem/targets": [1, 1, 2, 3]}),
    "classes": (CLASSES, {"/problem/targets": [2, 1, 1, 0]}),
}


@pytest.mark.parametrize("name", APART)
def test_networks_of_other_programs_train_apart(name: str) -> None:
    base, change = APART[name]
    assert members(base, changed(base, change), base) == [(0, 2), (1,)]


@pytest.mark.parametrize("name", TOGETHER)
def test_networks_of_one_program_train_together(name: str) -> None:
    base, change = TOGETHER[name]
    assert members(base, changed(base, change), base) == [(0, 1, 2)]


def test_tasks_and_problems_of_one_shape_train_apart() -> None:
    one_class = changed(NUMBERS, {"/problem/targets": [0, 1, 1, 0]})
    assert members(one_class, changed(one_class, {"/problem/task": "classification"})) == [(0,), (1,)]
    taught = {"kind": "teacher_student", "dimension": 2, "outputs": 1, "train_size": 4, "test_size": 1}
    like = changed(NUMBERS, {"/problem": taught})
    held_out = {"/problem/test_inputs": [[1, 1]], "/problem/test_targets": [1]}
    assert members(changed(NUMBERS, held_out), like) == [(0,), (1,)]


def seeds(spec: Json, count: int) -> list[int]:
    """How many runs each batch of the seeds has."""
    return [len(batch) for batch in members({**spec, "sweep": {"seeds": {"count": count}}})]


def test_small_networks_share_a_step_on_a_cpu_and_large_ones_do_not() -> None:
    assert seeds(MODULAR, 2 * MAX_STACKED_CPU + 3) == [23, 23, 21]
    assert seeds(PUBLISHED, 3) == [1, 1, 1]
    assert seeds({**PUBLISHED, "device": "auto"}, 3) == seeds({**PUBLISHED, "device": "cpu"}, 3)


def test_a_card_trains_more_side_by_side() -> None:
    assert seeds({**MODULAR, "device": "cuda"}, MAX_STACKED_GPU + 1) == [129, 128]
    assert seeds({**PUBLISHED, "device": "cuda:1"}, 40) == [40]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("rows", [10, 10**4, 10**6])
def test_runs_that_fit_alone_fit_side_by_side(device: str, rows: int) -> None:
    """Small steps on large data: what is shared is the work of a step, not the memory of the data."""
    change = {
        "/problem/train_size": rows,
        "/optimizer/batch_size": 1,
        "/device": device,
        "/sweep": {"seeds": {"count": 64}},
    }
    cells = expand(parse_spec(changed(TEACHER, change)))
    batches, alone = plan(cells), plan(cells[:1])[0].bytes
    assert all(batch.bytes <= max(alone, 1.1 * STACKED_BYTES) for batch in batches)


def test_a_batch_takes_the_memory_of_its_runs() -> None:
    cells = expand(parse_spec({**MODULAR, "sweep": {"seeds": {"count": 8}}}))
    (batch,) = plan(cells)
    held = [network_bytes(cells[0].spec, runs) for runs in (1, 2, 8)]
    assert held[2] - held[0] == 7 * (held[1] - held[0]) > 0
    assert batch.bytes > held[2]
    assert batch_seconds([cell.spec for cell in cells]) == pytest.approx(8 * network_seconds(cells[0].spec))


def test_the_published_network_has_its_published_size() -> None:
    size = network_size(parse_spec(PUBLISHED))
    assert (size.parameters, size.rows, size.evaluated) == (22_720, 3763, 9409)
    # Two dense layers and the product of two 8 x 8 matrices.
    assert size.flops == 2 * (64 * 64 + 64 * 97 + 8**3)


def test_every_part_of_the_parameters_counts() -> None:
    size = network_size(parse_spec(TEACHER))
    assert size.parameters == 5 * 3 + 5 + 2 * 5 + 2
    shared = changed(MODULAR, {"/model/shared_embedding": True, "/model/combine": "concat"})
    assert network_size(parse_spec(shared)).parameters == 5 * 4 + 3 * 8 + 5 * 3


GROWS: dict[str, tuple[Json, str, int]] = {
    "inputs to train on": (TEACHER, "/problem/train_size", 6),
    "inputs to test on": (TEACHER, "/problem/test_size", 7),
    "numbers of an input": (TEACHER, "/problem/dimension", 3),
    "numbers of an output": (TEACHER, "/problem/outputs", 2),
    "residues": (MODULAR, "/problem/modulus", 5),
    "an embedding": (changed(MODULAR, {"/model/combine": "sum"}), "/model/embedding", 4),
    "steps": (MODULAR, "/steps", 20),
    "recorded steps": (changed(MODULAR, {"/steps": 1000}), "/record/first", 5),
    "inputs of a step": (changed(TEACHER, {"/problem/train_size": 10**5}), "/optimizer/batch_size", 6),
}


def cost(spec: Json) -> tuple[float, int]:
    (cell,) = expand(parse_spec(spec))
    return batch_seconds([cell.spec]), plan([cell])[0].bytes


@settings(max_examples=40)
@given(st.sampled_from(sorted(GROWS)), st.integers(0, 200), st.integers(1, 200))
def test_more_of_anything_takes_longer_and_no_less_memory(name: str, more: int, further: int) -> None:
    base, pointer, least = GROWS[name]
    small = cost(changed(base, {pointer: least + more}))
    large = cost(changed(base, {pointer: least + more + further}))
    assert 0 < small[0] < large[0]
    assert 0 < small[1] <= large[1]


@pytest.mark.parametrize(
    ("base", "steps"),
    [
        (TEACHER, [{}, {"/regularization": {"sobolev_1": 1}}, {"/regularization": {"sobolev_2": 1}}]),
        (MODULAR, [{}, {"/regularization": {"nuclear": 1}}]),
        (MODULAR, [{}, {"/record": {"metrics": [*("rank", "train_loss", "test_loss")]}}]),
        (MODULAR, [{}, {"/record": {"metrics": ["singular_values[decoder.0]"]}}]),
        (MODULAR, [{"/precision": "float32"}, {"/precision": "float64"}]),
        (MODULAR, [{"/model/hidden": []}, {"/model/hidden": [3]}, {"/model/hidden": [3, 3]}]),
        (MODULAR, [{"/record": {"metrics": ["l1_norm"]}}, {"/record": {"metrics": ["gradient_norm"]}}]),
    ],
)
def test_costly_parts_are_counted(base: Json, steps: list[Json]) -> None:
    seconds = [cost(changed(base, change))[0] for change in steps]
    assert seconds == sorted(set(seconds))


def test_memory_counts_derivatives_moments_and_precision() -> None:
    def held(spec: ExperimentSpec) -> int:
        return network_bytes(spec, 1)

    plain = held(parse_spec(TEACHER))
    first = held(parse_spec(changed(TEACHER, {"/regularization": {"sobolev_1": 1}})))
    second = held(parse_spec(changed(TEACHER, {"/regularization": {"sobolev_2": 1}})))
    assert plain < first < second
    adam = held(parse_spec({**TEACHER, "optimizer": {"kind": "adam", "learning_rate": 1e-2}}))
    assert adam - plain == 4 * network_size(parse_spec(TEACHER)).parameters
    assert held(parse_spec({**MODULAR, "precision": "float64"})) == 2 * held(parse_spec(MODULAR))


@pytest.mark.parametrize(
    "large",
    [
        {"/problem/train_size": 20_000, "/record": {"metrics": ["gradient_angle"]}},
        {"/problem/test_size": 10_000, "/record": {"metrics": ["jacobian_distance"]}},
        {"/problem/hidden": 500, "/model/hidden": [500], "/regularization": {"sobolev_1": 1}},
    ],
)
def test_what_comes_and_goes_is_counted(large: Json) -> None:
    """Gradients over all data, Jacobians: none of them is a parameter or an activation of a step."""
    plain = network_bytes(parse_spec(TEACHER), 1)
    assert network_bytes(parse_spec(changed(TEACHER, large)), 1) > plain + 100_000
