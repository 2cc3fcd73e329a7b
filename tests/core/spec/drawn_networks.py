"""Hypothesis strategies for specs of networks: small, in range field by field, and not always consistent."""

from typing import Any

from hypothesis import strategies as st

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
def network_specs(draw: st.DrawFn) -> Json:
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
