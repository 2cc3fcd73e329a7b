"""Bad problems, models and penalties of networks: what is changed, at which pointer, and what is allowed."""

from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER, Change, Json
from tests.core.spec.test_parse import BASE as LINEAR

SOBOLEV = ("sobolev_1", "sobolev_2", "sobolev_1_squared", "sobolev_2_squared")
LINEAR_MODEL = {"kind": "linear"}
SUBGRADIENT = {"kind": "subgradient", "learning_rate": 0.1}
# The table of + on Z_5 has 5 pairs of each class, of which 10 pairs in all are trained on.
TOO_MANY = [6, 4, 0, 0, 0]

BAD_NETWORKS: dict[str, tuple[Json, Change, str, str]] = {
    # Modular arithmetic
    "division by a composite": (
        MODULAR,
        {"/problem/operation": "/", "/problem/modulus": 9},
        "/problem/modulus",
        "a prime for division",
    ),
    "no residues": (MODULAR, {"/problem/modulus": 1}, "/problem/modulus", "equal to 2"),
    "too many residues": (MODULAR, {"/problem/modulus": 1010}, "/problem/modulus", "equal to 1009"),
    "another operation": (MODULAR, {"/problem/operation": "^"}, "/problem/operation", "'x^2+xy+y^2'"),
    "nothing to train on": (
        MODULAR,
        {"/problem/train_fraction": 0.03},
        "/problem/train_fraction",
        "at least one of 25 pairs on either side",
    ),
    "nothing to test on": (
        MODULAR,
        {"/problem/train_fraction": 0.99999999999},
        "/problem/train_fraction",
        "at least one of 25 pairs on either side",
    ),
    "all of the pairs": (
        MODULAR,
        {"/problem/train_fraction": 1},
        "/problem/train_fraction",
        "less than 1",
    ),
    "none of the pairs": (
        MODULAR,
        {"/problem/train_fraction": 0},
        "/problem/train_fraction",
        "greater than 0",
    ),
    "proportions that are missing": (
        MODULAR,
        {"/problem/split": "proportions"},
        "/problem/class_proportions",
        "with the split proportions",
    ),
    "proportions of another split": (
        MODULAR,
        {"/problem/class_proportions": [1, 1, 1, 1, 1]},
        "/problem/class_proportions",
        "with no other",
    ),
    "proportions of too few classes": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": [1, 1]},
        "/problem/class_proportions",
        "5 weights, one for each class, not all 0; got 2",
    ),
    "proportions that are all zero": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": [0, 0, 0, 0, 0]},
        "/problem/class_proportions",
        "not all 0",
    ),
    "a proportion below zero": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": [1, 1, 1, 1, -1]},
        "/problem/class_proportions/4",
        "equal to 0",
    ),
    "more than a class has": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": TOO_MANY},
        "/problem/class_proportions",
        "take 6 of the 5 pairs of class 0",
    ),
    "more than a rare class has": (
        MODULAR,
        {"/problem/operation": "x^2+xy+y^2", "/problem/split": "balanced", "/problem/train_fraction": 0.5},
        "/problem/train_fraction",
        "take 3 of the 1 pairs of class 0",
    ),
    # Models
    "no matrix to multiply": (
        MODULAR,
        {"/model/embedding": 5},
        "/model/embedding",
        "a square such as 64 with combine matrix_product",
    ),
    "no embedding": (MODULAR, {"/model/embedding": 0}, "/model/embedding", "equal to 1"),
    "a layer of nothing": (TEACHER, {"/model/hidden": [5, 0]}, "/model/hidden/1", "equal to 1"),
    "seventeen layers": (TEACHER, {"/model/hidden": [1] * 17}, "/model/hidden", "at most 16"),
    "widths of the data": (TEACHER, {"/model/inputs": 3}, "/model/inputs", "there are kind, hidden"),
    "an embedding of numbers": (TEACHER, {"/model/embedding": 4}, "/model/embedding", "no such field"),
    "another activation": (TEACHER, {"/model/activation": "elu"}, "/model/activation", "'gelu'"),
    "the published start of a perceptron": (
        TEACHER,
        {"/model/init": {"kind": "paper"}},
        "/model/init/kind",
        "'kaiming'",
    ),
    "a start of no size": (TEACHER, {"/model/init": {"scale": 0}}, "/model/init/scale", "greater than 0"),
    # What goes together
    "a perceptron of pairs": (
        MODULAR,
        {"/model": {"kind": "mlp", "hidden": [3]}},
        "/model/kind",
        "encoder_decoder for modular_arithmetic",
    ),
    "a linear model of pairs": (
        MODULAR,
        {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT},
        "/model/kind",
        "encoder_decoder for modular_arithmetic",
    ),
    "embeddings of a teacher": (
        TEACHER,
        {"/model": MODULAR["model"]},
        "/model/kind",
        "mlp for teacher_student",
    ),
    "embeddings of own data": (
        NUMBERS,
        {"/model": MODULAR["model"]},
        "/model/kind",
        "linear or mlp for dataset",
    ),
    "classes of a linear model": (
        CLASSES,
        {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT},
        "/model/kind",
        "mlp for classification",
    ),
    "digits of a linear model": (
        DIGITS,
        {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT},
        "/model/kind",
        "mlp for classification",
    ),
    "a network of a linear problem": (
        LINEAR,
        {"/model": TEACHER["model"], "/optimizer": TEACHER["optimizer"]},
        "/model/kind",
        "linear for sparse_recovery",
    ),
    "a linear method": (MODULAR, {"/optimizer": SUBGRADIENT}, "/optimizer/kind", "one of sgd, adam, adamw"),
    "an exact network": (
        TEACHER,
        {"/optimizer": {"kind": "convex"}},
        "/optimizer/kind",
        "one of sgd, adam, adamw with model mlp",
    ),
    "a network method": (
        LINEAR,
        {"/optimizer": {"kind": "adam", "learning_rate": 0.1}},
        "/optimizer/kind",
        "one of subgradient, projected_subgradient, proximal, convex with model linear",
    ),
    "the accuracy of numbers": (TEACHER, {"/detect": {"metric": "accuracy"}}, "/detect/metric", "loss here"),
    "the error of a network": (
        MODULAR,
        {"/detect": {"metric": "error"}},
        "/detect/metric",
        "accuracy or loss here",
    ),
    "the loss of a linear model": (LINEAR, {"/detect": {"metric": "loss"}}, "/detect/metric", "error here"),
    "an accuracy over one": (
        MODULAR,
        {"/detect": {"train_threshold": 1.5}},
        "/detect/train_threshold",
        "at most 1 for an accuracy",
    ),
    "a test accuracy over one": (
        CLASSES,
        {"/detect": {"metric": "accuracy", "test_threshold": 2}},
        "/detect/test_threshold",
        "at most 1 for an accuracy",
    ),
    # Penalties
    **{
        f"{name} of classes": (
            MODULAR,
            {f"/regularization/{name}": 0.1},
            f"/regularization/{name}",
            "the target of modular_arithmetic has no known derivative",
        )
        for name in SOBOLEV
    },
    **{
        f"{name} of own numbers": (
            NUMBERS,
            {f"/regularization/{name}": 0.1},
            f"/regularization/{name}",
            "the target of dataset has no known derivative",
        )
        for name in SOBOLEV
    },
    **{
        f"{name} of a relu {who}": (
            TEACHER,
            {f"/regularization/{name}": 0.1, f"/{field}/activation": "relu"},
            f"/regularization/{name}",
            "the Hessian of a relu network is 0",
        )
        for name in ("sobolev_2", "sobolev_2_squared")
        for who, field in (("teacher", "problem"), ("student", "model"))
    },
    **{
        f"{name} of a linear model": (
            LINEAR,
            {f"/regularization/{name}": 0.1},
            f"/regularization/{name}",
            "0 with a linear model",
        )
        for name in ("l2", *SOBOLEV)
    },
    "the nuclear norm of a bias": (
        TEACHER,
        {"/regularization": {"nuclear": 0.1, "groups": ["layers.0", "layers.1.bias"]}},
        "/regularization/nuclear",
        "layers.1.bias among the groups: vectors have no nuclear norm",
    ),
    "an unknown group": (
        MODULAR,
        {"/regularization": {"l1": 0.1, "groups": ["embedding", "layers.0"]}},
        "/regularization/groups/1",
        "one of embedding, embedding.0, embedding.1, decoder, decoder.0, decoder.1",
    ),
    "a part of a name": (
        MODULAR,
        {"/regularization/groups": ["decod"]},
        "/regularization/groups/0",
        "one of embedding",
    ),
    "biases that are not there": (
        MODULAR,
        {"/regularization/groups": ["decoder.0.bias"]},
        "/regularization/groups/0",
        "decoder.1",
    ),
    "another spelling of a group": (
        MODULAR,
        {"/regularization/groups": ["Embedding"]},
        "/regularization/groups/0",
        "one of embedding",
    ),
    "a group that is no text": (
        MODULAR,
        {"/regularization/groups": ["embedding", 0]},
        "/regularization/groups/1",
        "a valid string",
    ),
    "groups of a linear model": (
        LINEAR,
        {"/regularization/groups": ["embedding"]},
        "/regularization/groups",
        "weights with a linear model",
    ),
}
