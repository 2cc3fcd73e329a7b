"""Specs that show what can be asked, in OpenAPI; the worked ones are those of the documentation too."""

from typing import Any

GOLDEN_EXAMPLE: dict[str, Any] = {
    "name": "l1 groks",
    "tags": ["demo"],
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30, "snr": 1e8},
    "model": {"kind": "linear", "depth": 1, "init": {"kind": "constant", "scale": 1e-6}},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 120000,
    "seed": 1,
    "rng": "numpy-legacy",
}
_SPARSE: dict[str, Any] = {
    "name": "an orthonormal basis, seen entry by entry",
    "problem": {"kind": "sparse_recovery", "measurements": 30, "basis": "orthonormal"},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-4},
    "optimizer": {"kind": "proximal", "learning_rate": 0.1},
    "steps": 30000,
    "seed": 1,
    "detect": {"train_threshold": 1e-2, "test_threshold": 1e-2},
    "record": {"parameters_per_decade": 30},
}
_FOURIER: dict[str, Any] = {
    "name": "complex measurements",
    "problem": {"kind": "sparse_recovery", "measurements": 20, "basis": "fourier"},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-4},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 60000,
    "seed": 1,
    "detect": {"train_threshold": 1e-2, "test_threshold": 1e-2},
}
_COMPLETION: dict[str, Any] = {
    "name": "the nuclear norm groks",
    "problem": {"kind": "matrix_completion", "rows": 10, "columns": 10, "rank": 2, "measurements": 90},
    "model": {"kind": "linear"},
    "regularization": {"nuclear": 1e-3},
    "optimizer": {"kind": "proximal", "learning_rate": 1.0},
    "steps": 20000,
    "detect": {"train_threshold": 1e-2, "test_threshold": 1e-2},
    "record": {"metrics": ["train_error", "test_error", "nuclear_norm", "rank", "singular_values"]},
}
_SENSING: dict[str, Any] = {
    "name": "from how many measurements",
    "problem": {"kind": "matrix_sensing", "rows": 10, "columns": 10, "rank": 2},
    "model": {"kind": "linear"},
    "optimizer": {"kind": "convex"},
    "steps": 1,
    "sweep": {
        "axes": [
            {"path": "/problem/rank", "values": [1, 2, 3]},
            {"path": "/problem/measurements", "values": [20, 30, 40, 50, 60, 70, 80, 90, 100]},
        ],
        "seeds": {"count": 10},
    },
}
_DATASET: dict[str, Any] = {
    "name": "own data",
    "problem": {
        "kind": "dataset",
        "inputs": [
            [-0.4, -1.4, -0.5, -0.6, 1.3, -1.0, -0.3, 0.2],
            [0.6, 1.0, 0.5, 0.6, -0.2, 0.1, 1.6, -0.1],
            [1.3, 0.4, 0.9, -1.7, -1.4, 0.0, 0.1, -1.5],
            [0.1, -0.4, -0.1, 1.3, -0.3, -0.5, -1.5, 0.4],
            [-1.0, -0.1, -0.5, 0.0, -0.4, -0.6, 1.6, 0.7],
        ],
        "targets": [-4.1, 2.2, 2.2, -0.5, 0.2],
        "true_parameters": [0, 2, 0, 0, -1, 0, 0, 0],
    },
    "model": {"kind": "linear"},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.05},
    "steps": 100000,
    "detect": {"train_threshold": 1e-2, "test_threshold": 1e-2},
    "sweep": {
        "axes": [
            {
                "path": "/regularization",
                "values": [{"l1": 1e-3}, {"l1": 1e-2}, {"l2_squared": 1e-3}],
            }
        ]
    },
}
_DEPTH: dict[str, Any] = {
    "name": "depth with weight decay",
    "problem": {"kind": "sparse_recovery", "measurements": 30},
    "model": {"kind": "linear", "depth": 2, "init": {"kind": "sign_symmetric", "scale": 1.0}},
    "regularization": {"l2_squared": 1e-3},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.05},
    "steps": 300000,
    "seed": 1,
    "rng": "numpy-legacy",
    "detect": {"train_threshold": 1e-2, "test_threshold": 0.1},
}
_CLOSED_FORM: dict[str, Any] = {
    "name": "l2 alone does not grok",
    "problem": {"kind": "sparse_recovery", "measurements": 30, "snr": 1e8},
    "model": {"kind": "linear", "init": {"kind": "constant", "scale": 10}},
    "regularization": {"l2_squared": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 100000000,
    "seed": 1,
    "rng": "numpy-legacy",
}
_EXACT_JUMP: dict[str, Any] = {
    "name": "a strength so small that nobody waits for it",
    "problem": {"kind": "sparse_recovery", "measurements": 30},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-6},
    "optimizer": {"kind": "proximal", "learning_rate": 0.1},
    "steps": 100000000,
    "seed": 1,
    "rng": "numpy-legacy",
}
_MODULAR: dict[str, Any] = {
    "name": "modular addition groks under l2",
    "problem": {"kind": "modular_arithmetic", "modulus": 97, "operation": "+", "train_fraction": 0.4},
    "model": {"kind": "encoder_decoder", "embedding": 64, "hidden": [64], "combine": "matrix_product"},
    "regularization": {"l2": 5e-5},
    "optimizer": {"kind": "adam", "learning_rate": 1e-2, "betas": [0.9, 0.99]},
    "steps": 3000,
    "record": {"first": 100, "every": 10, "refine_crossings": True},
    "stop": {"when_generalised": True},
}
_TEACHER: dict[str, Any] = {
    "name": "a student that starts too large",
    "problem": {"kind": "teacher_student", "dimension": 100, "hidden": 500, "outputs": 2},
    "model": {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
    "steps": 10000,
    "sweep": {
        "axes": [
            {"path": "/regularization", "values": [{"l1": 1e-2}, {"l2": 1e-2}, {"nuclear": 1e-2}]},
        ]
    },
}
_SOBOLEV: dict[str, Any] = {
    "name": "a student that is told the slopes",
    "problem": {"kind": "teacher_student", "dimension": 100, "hidden": 500, "outputs": 2},
    "model": {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}},
    "regularization": {"sobolev_1": 0.1},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
    "steps": 11000,
    "record": {
        "metrics": ["train_loss", "test_loss", "test_r2", "ridge_baseline", "jacobian_distance", "l1_norm"]
    },
}
_DIGITS: dict[str, Any] = {
    "name": "digits from a start eight times too large",
    "problem": {"kind": "dataset", "builtin": "digits", "test_fraction": 0.8},
    "model": {"kind": "mlp", "hidden": [100], "init": {"kind": "kaiming", "scale": 8}},
    "optimizer": {"kind": "adamw", "learning_rate": 1e-3, "weight_decay": 0.1},
    "steps": 20000,
    "detect": {"metric": "accuracy", "train_threshold": 0.99, "test_threshold": 0.9},
}
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "golden": ("one run that groks", GOLDEN_EXAMPLE),
    "sparse recovery": ("proximal steps in an orthonormal basis, with iterates", _SPARSE),
    "fourier": ("a signal of few frequencies, in complex numbers", _FOURIER),
    "matrix completion": ("entries of a matrix of rank 2, with singular values", _COMPLETION),
    "matrix sensing": ("the recovery threshold of nuclear-norm minimisation", _SENSING),
    "dataset": ("own data under three penalties", _DATASET),
    "depth": ("two factors with weight decay grok", _DEPTH),
    "closed form": ("a hundred million steps at once", _CLOSED_FORM),
    "exact jump": ("a hundred million proximal steps, from event to event", _EXACT_JUMP),
    "modular arithmetic": ("a network that groks, t1 and t2 exact to the step", _MODULAR),
    "teacher-student": ("three penalties on a large start", _TEACHER),
    "sobolev": ("training on the teacher's Jacobian", _SOBOLEV),
    "digits": ("weight decay on real images", _DIGITS),
}
