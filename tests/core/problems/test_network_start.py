"""Where networks start: the variance of every law, and draws that leave each other alone."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.problems import network_start
from core.spec import layers_of, parse_spec
from tests.core.spec.network_specs import MODULAR, TEACHER

Starts = dict[str, NDArray[np.float64]]
LAWS = ("normal_fan_in", "normal_fan_out", "kaiming", "xavier")
PUBLISHED = {"kind": "modular_arithmetic"}
INPUTS, HIDDEN, OUTPUTS, RESIDUES, EMBEDDING = 300, 200, 150, 211, 144


def starts(spec: dict[str, Any], seed: int = 0) -> Starts:
    """The start of each layer by name."""
    parsed = parse_spec({**spec, "seed": seed})
    return {layer.name: array for layer, array in zip(layers_of(parsed), network_start(parsed), strict=True)}


def perceptron(seed: int = 0, bias: bool = True, hidden: tuple[int, ...] = (HIDDEN,), **init: Any) -> Starts:
    problem = {"kind": "teacher_student", "dimension": INPUTS, "outputs": OUTPUTS}
    model = {"kind": "mlp", "hidden": list(hidden), "bias": bias, "init": init}
    return starts({**TEACHER, "problem": problem, "model": model}, seed)


def pairs(seed: int = 0, modulus: int = RESIDUES, init: dict[str, Any] | None = None, **model: Any) -> Starts:
    model = {"kind": "encoder_decoder", "embedding": EMBEDDING, "hidden": [HIDDEN], **model}
    problem = {"kind": "modular_arithmetic", "modulus": modulus}
    return starts({**MODULAR, "problem": problem, "model": {**model, "init": init or {}}}, seed)


def is_normal(array: NDArray[np.float64], variance: float) -> None:
    """Mean, variance, kurtosis and extremes of independent normal numbers, within five deviations."""
    unit, n = array.ravel() / math.sqrt(variance), array.size
    assert abs(unit.mean()) < 5 / math.sqrt(n)
    assert abs(unit.var() - 1) < 5 * math.sqrt(2 / n)
    assert abs((unit**4).mean() - 3) < 5 * math.sqrt(96 / n)
    assert 3.5 < np.abs(unit).max() < 6


def variance(law: str, inputs: int, outputs: int) -> float:
    """Of a weight, as the spec says it."""
    return {
        "normal_fan_in": 1 / inputs,
        "normal_fan_out": 1 / outputs,
        "kaiming": 2 / inputs,
        "xavier": 2 / (inputs + outputs),
        "paper": 1 / outputs,
    }[law]


@pytest.mark.parametrize("law", LAWS)
def test_weights_of_a_perceptron_have_the_variance_of_their_law(law: str) -> None:
    found = perceptron(kind=law)
    is_normal(found["layers.0"], variance(law, INPUTS, HIDDEN))
    is_normal(found["layers.1"], variance(law, HIDDEN, OUTPUTS))
    assert found["layers.0"].shape == (HIDDEN, INPUTS)
    assert found["layers.1"].shape == (OUTPUTS, HIDDEN)


@pytest.mark.parametrize("law", ["paper", *LAWS])
@pytest.mark.parametrize("combine", ["matrix_product", "concat"])
def test_weights_of_an_encoder_decoder_have_the_variance_of_their_law(law: str, combine: str) -> None:
    found = pairs(init={"kind": law}, combine=combine, bias=True)
    combined = EMBEDDING * (2 if combine == "concat" else 1)
    is_normal(found["decoder.0"], variance(law, combined, HIDDEN))
    is_normal(found["decoder.1"], variance(law, HIDDEN, RESIDUES))
    for name in ("embedding.0", "embedding.1"):
        assert found[name].shape == (RESIDUES, EMBEDDING)
        if law != "paper":
            is_normal(found[name], variance(law, RESIDUES, EMBEDDING))
    assert not found["decoder.0.bias"].any()
    assert not found["decoder.1.bias"].any()


def test_published_embeddings_are_uniform() -> None:
    for name in ("embedding.0", "embedding.1"):
        unit = pairs()[name].ravel() * math.sqrt(RESIDUES)
        assert 0.999 < np.abs(unit).max() <= 1
        counts = np.histogram(unit, bins=10, range=(-1, 1))[0]
        assert np.abs(counts - unit.size / 10).max() < 5 * math.sqrt(unit.size / 10)


def test_one_embedding_may_serve_both_numbers() -> None:
    found = pairs(shared_embedding=True)
    assert list(found) == ["embedding", "decoder.0", "decoder.1"]
    assert np.array_equal(found["embedding"], pairs()["embedding.0"])


def test_laws_differ_by_their_scale_alone() -> None:
    plain, kaiming = perceptron(kind="normal_fan_in"), perceptron(kind="kaiming")
    assert np.allclose(kaiming["layers.0"], math.sqrt(2) * plain["layers.0"], rtol=1e-14)


def test_the_scale_multiplies_every_weight() -> None:
    for one, eight in ((perceptron(), perceptron(scale=8.0)), (pairs(), pairs(init={"scale": 8.0}))):
        for name, array in one.items():
            assert np.array_equal(eight[name], 8.0 * array)


def test_the_last_layer_may_start_at_zero() -> None:
    for one, zero in (
        (perceptron(), perceptron(zero_last_layer=True)),
        (pairs(bias=True), pairs(bias=True, init={"zero_last_layer": True})),
    ):
        weights = [name for name in one if not name.endswith("bias")]
        assert not zero[weights[-1]].any()
        for name in weights[:-1]:
            assert np.array_equal(zero[name], one[name])


def test_a_linear_map_has_one_layer_which_is_the_last() -> None:
    assert list(perceptron(hidden=(), bias=False)) == ["layers.0"]
    assert not perceptron(hidden=(), bias=False, zero_last_layer=True)["layers.0"].any()


def test_biases_start_at_zero() -> None:
    found = perceptron()
    assert list(found) == ["layers.0", "layers.0.bias", "layers.1", "layers.1.bias"]
    assert not found["layers.0.bias"].any()
    assert not found["layers.1.bias"].any()


def test_layers_and_seeds_differ() -> None:
    one, same, other = (pairs(seed) for seed in (0, 0, 1))
    for name, array in one.items():
        assert np.array_equal(array, same[name])
        assert not np.array_equal(array, other[name])
    assert not np.array_equal(one["embedding.0"], one["embedding.1"])


def test_the_width_of_one_layer_leaves_the_draws_of_others_alone() -> None:
    short = pairs()
    other = {"wider": pairs(hidden=[HIDDEN + 7]), "more residues": pairs(modulus=RESIDUES + 2)}
    assert np.array_equal(short["embedding.0"], other["wider"]["embedding.0"])
    assert np.array_equal(short["embedding.1"], other["wider"]["embedding.1"])
    assert np.array_equal(short["decoder.0"], other["more residues"]["decoder.0"])
    three, wider = perceptron(hidden=(20, 30, 40)), perceptron(hidden=(20, 30, 41))
    assert np.array_equal(three["layers.0"], wider["layers.0"])
    assert np.array_equal(three["layers.1"], wider["layers.1"])
    assert wider["layers.2"].shape == (41, 30)


def test_the_published_start_has_the_published_norms() -> None:
    """C32: 22,720 parameters; norms at step 0, of each of ten seeds."""
    spec = {**MODULAR, "problem": PUBLISHED, "model": {"kind": "encoder_decoder"}}
    for seed in range(10):
        found = starts(spec, seed)
        whole = np.concatenate([array.ravel() for array in found.values()])
        assert whole.size == 22_720
        assert np.linalg.norm(whole) == pytest.approx(13.1, abs=0.15)
        assert np.abs(whole).sum() == pytest.approx(1545, abs=15)
        nuclear = sum(np.linalg.norm(array, "nuc") for array in found.values())
        # "About": Gaussian and uniform matrices of these shapes have 179 by the law of large numbers.
        assert nuclear == pytest.approx(174, rel=0.04)


def test_the_published_student_starts_with_large_outputs() -> None:
    """W ~ N(0, 1/500) and V ~ N(0, 1/2): 500 units of mean square 1/10 give a mean square of 25."""
    model = {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}}
    for seed in range(5):
        found = starts({**TEACHER, "problem": {"kind": "teacher_student"}, "model": model}, seed)
        inputs = np.random.default_rng(seed).standard_normal((1000, 100))
        outputs = np.maximum(inputs @ found["layers.0"].T, 0) @ found["layers.1"].T
        assert (outputs**2).mean() == pytest.approx(25, rel=0.35)
