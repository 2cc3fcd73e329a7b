"""What networks learn: tables, splits, teachers, digits and own data."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.problems import Examples, NetworkInstance, Teacher, draw_network, network_arrays
from core.problems.activations import activation
from core.spec import ExperimentSpec, parse_spec
from core.spec.network_problem import Activation, ModularArithmetic, Operation
from core.spec.selection import class_counts, pairs_of_class, table
from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER, changed

OPERATIONS: tuple[Operation, ...] = ("+", "-", "*", "/", "x^2+xy+y^2")
ACTIVATIONS: tuple[Activation, ...] = ("relu", "tanh", "gelu", "quadratic", "sin")


def modular(**fields: Any) -> ExperimentSpec:
    seed = fields.pop("seed", 0)
    problem = {"kind": "modular_arithmetic", **fields}
    return parse_spec({**MODULAR, "problem": problem, "seed": seed})


def teacher(seed: int = 0, **fields: Any) -> ExperimentSpec:
    return parse_spec({**TEACHER, "problem": {"kind": "teacher_student", **fields}, "seed": seed})


def drawn(spec: ExperimentSpec) -> tuple[Examples, Examples]:
    """Training and test data."""
    instance = draw_network(spec)
    assert instance.test is not None
    return instance.train, instance.test


def teacher_of(spec: ExperimentSpec) -> Teacher:
    found = draw_network(spec).teacher
    assert found is not None
    return found


def places(examples: Examples, modulus: int) -> NDArray[np.int64]:
    """Each pair as one number."""
    found: NDArray[np.int64] = examples.inputs[:, 0] * modulus + examples.inputs[:, 1]
    return found


def answer(x: int, y: int, p: int, operation: str) -> int:
    """The result of an operation; division by looking for the number that multiplies back."""
    match operation:
        case "+":
            return (x + y) % p
        case "-":
            return (x - y) % p
        case "*":
            return (x * y) % p
        case "/":
            return next(q for q in range(p) if q * y % p == x)
        case _:
            return (x * x + x * y + y * y) % p


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("p", [2, 3, 7, 13])
def test_a_table_has_every_pair_once_with_its_result(p: int, operation: Operation) -> None:
    pairs, results = table(p, operation)
    numbers = range(1 if operation == "/" else 0, p)
    assert pairs.tolist() == [[x, y] for x in range(p) for y in numbers]
    assert results.tolist() == [answer(x, y, p, operation) for x, y in pairs.tolist()]


@pytest.mark.parametrize("operation", ["+", "-", "*", "x^2+xy+y^2"])
def test_composite_moduli_have_tables_too(operation: Operation) -> None:
    pairs, results = table(12, operation)
    assert results.tolist() == [answer(x, y, 12, operation) for x, y in pairs.tolist()]


def test_the_largest_modulus_does_not_overflow() -> None:
    pairs, results = table(1009, "x^2+xy+y^2")
    assert len(pairs) == 1009**2
    assert results[-1] == answer(1008, 1008, 1009, "x^2+xy+y^2")
    assert (results.min(), results.max()) == (0, 1008)


@pytest.mark.parametrize("seed", [0, 5])
def test_the_published_split_is_that_of_the_published_generator(seed: int) -> None:
    train, test = drawn(modular(split="published", seed=seed))
    order = np.random.RandomState(0).permutation(9409)
    assert places(test, 97).tolist() == sorted(order[:5646].tolist())
    assert places(train, 97).tolist() == sorted(order[5646:].tolist())
    assert (len(train.targets), len(test.targets)) == (3763, 5646)
    assert np.array_equal(train.targets, train.inputs.sum(1) % 97)


def test_the_published_split_of_division_has_its_own_pairs() -> None:
    train, test = drawn(modular(split="published", operation="/"))
    order = np.random.RandomState(0).permutation(97 * 96)
    pairs = table(97, "/")[0]
    assert test.inputs.tolist() == pairs[np.sort(order[: len(test.inputs)])].tolist()
    assert len(train.targets) == 3724


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("split", ["random", "published", "balanced"])
@pytest.mark.parametrize("fraction", [0.1, 0.4, 0.7])
def test_training_and_test_pairs_make_up_the_table(operation: Operation, split: str, fraction: float) -> None:
    train, test = drawn(modular(modulus=19, operation=operation, split=split, train_fraction=fraction))
    pairs, results = table(19, operation)
    assert len(train.inputs) == int(round(fraction * len(pairs), 9))
    both = np.concatenate([train.inputs, test.inputs])
    assert sorted(both.tolist()) == pairs.tolist()
    by_pair = dict(zip(map(tuple, pairs.tolist()), results.tolist(), strict=True))
    for part in (train, test):
        assert part.inputs.dtype == part.targets.dtype == np.int64
        assert [by_pair[tuple(pair)] for pair in part.inputs.tolist()] == part.targets.tolist()


@pytest.mark.parametrize("fraction", [0.1, 0.29, 0.57, 0.7])
def test_a_fraction_is_not_a_rounding_error_short(fraction: float) -> None:
    """0.29 * 100 is 28.999999999999996 in floats."""
    train, _ = drawn(modular(modulus=10, train_fraction=fraction))
    assert len(train.inputs) == round(fraction * 100)


@pytest.mark.parametrize("split", ["random", "balanced"])
def test_seeds_draw_other_pairs_and_the_same_seed_the_same(split: str) -> None:
    first, again, other = (drawn(modular(modulus=23, split=split, seed=seed))[0] for seed in (0, 0, 1))
    assert np.array_equal(first.inputs, again.inputs)
    assert not np.array_equal(first.inputs, other.inputs)


def test_a_random_split_is_uniform() -> None:
    """Each pair of 49 is trained on in 0.4 of 600 seeds, give or take five standard deviations."""
    seen = np.zeros(49)
    for seed in range(600):
        seen[places(drawn(modular(modulus=7, seed=seed))[0], 7)] += 1
    assert abs(seen / 600 - 19 / 49).max() < 5 * np.sqrt(0.25 / 600)
    assert seen.sum() == 600 * 19


@pytest.mark.parametrize("operation", ["+", "*", "/"])
def test_a_balanced_split_has_as_many_of_each_class_up_to_one(operation: Operation) -> None:
    spec = modular(modulus=7, operation=operation, split="balanced")
    train, _ = drawn(spec)
    counts = np.bincount(train.targets, minlength=7)
    whole, rest = divmod(spec.network_problem.train_rows, 7)
    assert counts.tolist() == [whole + 1] * rest + [whole] * (7 - rest)


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ([1, 1, 1, 1, 1], [2, 2, 2, 2, 2]),
        ([3, 2, 2, 2, 1], [3, 2, 2, 2, 1]),
        ([0, 0, 0, 1, 1], [0, 0, 0, 5, 5]),
        ([1, 1, 1, 0, 0], [4, 3, 3, 0, 0]),
        ([0.2, 0.3, 0.1, 0.15, 0.25], [2, 3, 1, 2, 2]),
        ([1e6, 1e6, 1e-6, 1e-6, 1e-6], [5, 5, 0, 0, 0]),
    ],
)
def test_proportions_are_met_exactly(weights: list[float], counts: list[int]) -> None:
    spec = modular(modulus=5, split="proportions", class_proportions=weights)
    train, test = drawn(spec)
    trained, tested = (np.bincount(part.targets, minlength=5) for part in (train, test))
    assert trained.tolist() == counts
    assert (trained + tested).tolist() == [5] * 5


def test_remainders_go_to_the_largest_shares_first() -> None:
    problem = modular(modulus=3, split="proportions", class_proportions=[2, 1, 1]).problem
    assert isinstance(problem, ModularArithmetic)
    assert problem.train_rows == 3
    assert class_counts(problem) == (1, 1, 1), "1.5, 0.75 and 0.75 of 3 pairs"
    assert pairs_of_class(problem) == (3, 3, 3)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_classes_have_the_pairs_of_the_table(operation: Operation) -> None:
    problem = modular(modulus=7, operation=operation).problem
    assert isinstance(problem, ModularArithmetic)
    results = [answer(x, y, 7, operation) for x, y in table(7, operation)[0].tolist()]
    assert pairs_of_class(problem) == tuple(results.count(c) for c in range(7))


# Teachers


def test_a_teacher_has_the_laws_and_shapes_it_is_said_to_have() -> None:
    spec = teacher()
    instance = draw_network(spec)
    found = teacher_of(spec)
    assert (found.first.shape, found.second.shape) == ((500, 100), (2, 500))
    assert found.first.std() == pytest.approx(1, abs=5 / np.sqrt(2 * 50_000))
    assert found.second.std() == pytest.approx(1 / 500, rel=5 / np.sqrt(2 * 1000))
    assert abs(found.first.mean()) < 5 / np.sqrt(50_000)
    assert instance.test is not None
    assert instance.train.inputs.shape == (100, 100)
    assert instance.test.inputs.shape == (1000, 100)
    assert instance.test.inputs.std() == pytest.approx(1, abs=5 / np.sqrt(2 * 100_000))
    for part in (instance.train, instance.test):
        assert np.array_equal(part.targets, found.function(part.inputs))


def test_the_output_scale_is_the_standard_deviation_of_the_last_layer() -> None:
    plain, scaled = (teacher_of(teacher(hidden=50, output_scale=scale)) for scale in (None, 3.0))
    assert np.allclose(scaled.second, plain.second * 50 * 3.0, rtol=1e-13)
    assert np.array_equal(scaled.first, plain.first)


def test_teachers_and_inputs_differ_with_the_seed() -> None:
    one, same, other = (draw_network(teacher(seed, hidden=5)) for seed in (0, 0, 1))
    for name, array in network_arrays(one).items():
        assert np.array_equal(array, network_arrays(same)[name])
        assert not np.array_equal(array, network_arrays(other)[name])


def test_more_test_data_leave_the_teacher_and_the_training_data_alone() -> None:
    few, many = (draw_network(teacher(test_size=size, hidden=5)) for size in (10, 20))
    for name in ("train_inputs", "train_targets", "teacher.0", "teacher.1"):
        assert np.array_equal(network_arrays(few)[name], network_arrays(many)[name])
    assert np.array_equal(network_arrays(few)["test_inputs"], network_arrays(many)["test_inputs"][:10])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_and_curvatures_of_an_activation_are_its_differences(name: Activation) -> None:
    z = np.array([-3.1, -1.2, -0.4, 0.3, 0.9, 2.7])
    step = 1e-5
    for order in (0, 1):
        above, below = (activation(name, z + sign * step, order) for sign in (1, -1))
        assert np.allclose((above - below) / (2 * step), activation(name, z, order + 1), atol=1e-9)


def test_the_values_of_activations_are_the_textbook_ones() -> None:
    z = np.array([-1.0, 0.0, 2.0])
    assert activation("relu", z).tolist() == [0, 0, 2]
    assert activation("relu", z, 1).tolist() == [0, 0, 1]
    assert activation("quadratic", z).tolist() == [1, 0, 4]
    assert activation("gelu", z) == pytest.approx([-0.15865525393, 0, 1.95449973610])
    with pytest.raises(ValueError, match=r"order must be 0, 1 or 2\. Got 3"):
        activation("relu", z, 3)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_jacobian_and_the_hessian_of_a_teacher_are_differences_of_its_function(name: Activation) -> None:
    found = teacher_of(teacher(dimension=4, hidden=6, outputs=3, activation=name, output_scale=1.0))
    inputs = np.random.default_rng(0).standard_normal((5, 4))
    jacobian, hessian = found.jacobian(inputs), found.hessian(inputs)
    assert (jacobian.shape, hessian.shape) == ((5, 3, 4), (5, 3, 4, 4))
    step = 1e-5
    for i in range(4):
        moved = step * np.eye(4)[i]
        slope = (found.function(inputs + moved) - found.function(inputs - moved)) / (2 * step)
        assert np.allclose(slope, jacobian[:, :, i], rtol=1e-7, atol=1e-7)
        curve = (found.jacobian(inputs + moved) - found.jacobian(inputs - moved)) / (2 * step)
        assert np.allclose(curve, hessian[..., i], rtol=1e-7, atol=1e-7)
    assert np.allclose(hessian, hessian.swapaxes(2, 3))


# Digits and own data


def test_the_digits_are_the_built_in_ones() -> None:
    train, test = drawn(parse_spec(DIGITS))
    assert (train.inputs.shape, test.inputs.shape) == ((899, 64), (898, 64))
    pixels = np.concatenate([train.inputs, test.inputs])
    labels = np.concatenate([train.targets, test.targets])
    assert (pixels.min(), pixels.max()) == (0, 1)
    assert np.array_equal(pixels * 16, np.rint(pixels * 16))
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (pixels * 16).sum() == 561_718, "the sum of all pixels of the published data"


def test_digits_are_split_by_the_seed_and_none_is_lost() -> None:
    rows = []
    for seed in (0, 1):
        train, test = drawn(parse_spec({**changed(DIGITS, {"/problem/test_fraction": 0.25}), "seed": seed}))
        assert len(test.targets) == round(0.25 * 1797)
        labelled = [np.column_stack([part.inputs, part.targets]) for part in (train, test)]
        rows.append((labelled, np.concatenate(labelled)))
    assert not np.array_equal(rows[0][0][0], rows[1][0][0])
    first, second = (whole[np.lexsort(whole.T)] for _, whole in rows)
    assert np.array_equal(first, second)


def test_digits_without_a_share_to_test_on_are_all_trained_on() -> None:
    instance = draw_network(parse_spec(changed(DIGITS, {"/problem/test_fraction": None})))
    assert instance.test is None
    assert len(instance.train.targets) == 1797


def own(base: dict[str, Any], seed: int = 0, **fields: Any) -> NetworkInstance:
    return draw_network(parse_spec({**base, "problem": {**base["problem"], **fields}, "seed": seed}))


def test_own_numbers_and_classes_come_as_they_are() -> None:
    numbers, classes = own(NUMBERS), own(CLASSES)
    assert numbers.train.inputs.tolist() == NUMBERS["problem"]["inputs"]
    assert numbers.train.targets.tolist() == [[0.0], [2.0], [1.0], [0.0]]
    assert classes.train.targets.tolist() == [0, 2, 1, 0]
    assert numbers.train.targets.dtype == np.float64
    assert classes.train.targets.dtype == np.int64
    assert numbers.test is None
    assert network_arrays(numbers).keys() == {"train_inputs", "train_targets"}


def test_given_test_data_are_tested_on() -> None:
    instance = own(CLASSES, test_inputs=[[0.5, 0.5]], test_targets=[3])
    assert instance.test is not None
    assert instance.test.inputs.tolist() == [[0.5, 0.5]]
    assert instance.test.targets.tolist() == [3]


def test_classes_of_the_test_data_alone_have_outputs_too() -> None:
    given = {"/problem/test_inputs": [[0.5, 0.5]], "/problem/test_targets": [7]}
    assert parse_spec(changed(CLASSES, given)).network_problem.outputs == 8
    assert parse_spec(changed(CLASSES, {"/problem/targets": [0, 0, 0, 0]})).network_problem.outputs == 2


def test_a_share_of_own_data_is_set_aside_by_the_seed() -> None:
    inputs, targets = [[float(i), 0.0] for i in range(20)], [float(i % 3) for i in range(20)]
    held = [own(CLASSES, seed, inputs=inputs, targets=targets, test_fraction=0.3) for seed in (0, 1)]
    kept = []
    for instance in held:
        assert instance.test is not None
        assert len(instance.test.targets) == 6
        both = np.concatenate([instance.train.inputs[:, 0], instance.test.inputs[:, 0]])
        assert sorted(both.tolist()) == list(range(20))
        for part in (instance.train, instance.test):
            assert np.array_equal(part.targets, part.inputs[:, 0] % 3)
        kept.append(instance.test.inputs[:, 0].tolist())
    assert kept[0] != kept[1]
