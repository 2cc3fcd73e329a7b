"""Bad methods, data and records of networks: what is changed, at which pointer, and what is allowed."""

from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER, Change, Json
from tests.core.spec.test_parse import BASE as LINEAR

BAD_RUNS: dict[str, tuple[Json, Change, str, str]] = {
    # Methods
    "a batch of more than all": (
        MODULAR,
        {"/optimizer/batch_size": 11},
        "/optimizer/batch_size",
        "at most the 10 training inputs",
    ),
    "a batch of what is set aside": (
        CLASSES,
        {"/optimizer/batch_size": 3, "/problem/test_fraction": 0.5},
        "/optimizer/batch_size",
        "at most the 2 training inputs",
    ),
    "a batch of nothing": (MODULAR, {"/optimizer/batch_size": 0}, "/optimizer/batch_size", "equal to 1"),
    "the momentum of adam": (
        MODULAR,
        {"/optimizer/momentum": 0.9},
        "/optimizer/momentum",
        "there are learning_rate, batch_size, schedule, kind, betas, eps, weight_decay",
    ),
    "the betas of sgd": (
        TEACHER,
        {"/optimizer/betas": [0.9, 0.99]},
        "/optimizer/betas",
        "there are learning_rate, batch_size, schedule, kind, momentum, nesterov",
    ),
    "the weight decay of sgd": (
        TEACHER,
        {"/optimizer/weight_decay": 0.1},
        "/optimizer/weight_decay",
        "momentum, nesterov",
    ),
    "betas over one": (MODULAR, {"/optimizer/betas": [0.9, 1.01]}, "/optimizer/betas/1", "less than 1"),
    "betas of one": (MODULAR, {"/optimizer/betas": [1, 0.99]}, "/optimizer/betas/0", "less than 1"),
    "three betas": (MODULAR, {"/optimizer/betas": [0.9, 0.9, 0.9]}, "/optimizer/betas", "at most 2"),
    "an eps over one": (MODULAR, {"/optimizer/eps": 2}, "/optimizer/eps", "equal to 1"),
    "a momentum of one": (TEACHER, {"/optimizer/momentum": 1}, "/optimizer/momentum", "less than 1"),
    "a look ahead without momentum": (
        TEACHER,
        {"/optimizer/nesterov": True},
        "/optimizer/nesterov",
        "false without momentum",
    ),
    "no learning rate": (MODULAR, {"/optimizer/learning_rate": 0}, "/optimizer/learning_rate", "than 0"),
    "a warm-up longer than the run": (
        MODULAR,
        {"/optimizer/schedule": {"kind": "cosine", "warmup_steps": 20}},
        "/optimizer/schedule/warmup_steps",
        "fewer than steps = 20",
    ),
    "another schedule": (
        MODULAR,
        {"/optimizer/schedule": {"kind": "step"}},
        "/optimizer/schedule/kind",
        "one of constant, warmup, cosine",
    ),
    "a warm-up of the constant rate": (
        MODULAR,
        {"/optimizer/schedule": {"kind": "constant", "warmup_steps": 5}},
        "/optimizer/schedule/warmup_steps",
        "no such field; there are kind",
    ),
    # Data
    "half a class": (
        CLASSES,
        {"/problem/targets": [0, 1, 1.5, 1]},
        "/problem/targets/2",
        "a whole number from 0 to 999",
    ),
    "a class below zero": (
        CLASSES,
        {"/problem/targets": [0, -1, 1, 1]},
        "/problem/targets/1",
        "a whole number from 0 to 999",
    ),
    "a thousand and one classes": (
        CLASSES,
        {"/problem/targets": [0, 1, 1, 1000]},
        "/problem/targets/3",
        "a whole number from 0 to 999",
    ),
    "half a class to test on": (
        CLASSES,
        {"/problem/test_inputs": [[1, 1]], "/problem/test_targets": [0.5]},
        "/problem/test_targets/0",
        "a whole number from 0 to 999",
    ),
    "true parameters of a network": (
        NUMBERS,
        {"/problem/true_parameters": [1, 2]},
        "/problem/true_parameters",
        "null with model mlp",
    ),
    "true parameters of classes": (
        CLASSES,
        {"/problem/true_parameters": [1, 2]},
        "/problem/true_parameters",
        "classification has no true parameters",
    ),
    "digits with other inputs": (
        DIGITS,
        {"/problem/inputs": [[1, 2]]},
        "/problem/inputs",
        "null with builtin digits",
    ),
    "digits as numbers": (
        DIGITS,
        {"/problem/task": "regression"},
        "/problem/task",
        "classification with builtin digits",
    ),
    "none of the digits": (
        DIGITS,
        {"/problem/test_fraction": 1e-4},
        "/problem/test_fraction",
        "at least one of 1797 inputs on either side",
    ),
    "other built-in data": (DIGITS, {"/problem/builtin": "mnist"}, "/problem/builtin", "'digits'"),
    "no teacher at all": (TEACHER, {"/problem/hidden": 0}, "/problem/hidden", "equal to 1"),
    "a teacher of no size": (TEACHER, {"/problem/output_scale": 0}, "/problem/output_scale", "than 0"),
    "an identity teacher": (TEACHER, {"/problem/activation": "identity"}, "/problem/activation", "'sin'"),
    # Runs and records
    "a closed form": (TEACHER, {"/engine": "closed_form"}, "/engine", "auto or loop"),
    "legacy draws": (MODULAR, {"/rng": "numpy-legacy"}, "/rng", "see the split published"),
    "a layer that is not there": (
        MODULAR,
        {"/record": {"metrics": ["l2_norm", "l2_norm[decoder.2]"]}},
        "/record/metrics/1",
        "l2_norm[decoder.1]",
    ),
    "the norm of a bias": (
        TEACHER,
        {"/record": {"metrics": ["l2_norm[layers.0.bias]"]}},
        "/record/metrics/0",
        "l2_norm[layers.0]",
    ),
    "the layer of an accuracy": (
        MODULAR,
        {"/record": {"metrics": ["train_accuracy[decoder.0]"]}},
        "/record/metrics/0",
        "train_accuracy",
    ),
    "singular values of all": (
        MODULAR,
        {"/record": {"metrics": ["singular_values"]}},
        "/record/metrics/0",
        "singular_values[decoder.0]",
    ),
    "the accuracy of a regression": (
        TEACHER,
        {"/record": {"metrics": ["test_accuracy"]}},
        "/record/metrics/0",
        "test_r2",
    ),
    "a baseline of classes": (
        CLASSES,
        {"/record": {"metrics": ["zero_baseline"]}},
        "/record/metrics/0",
        "train_accuracy",
    ),
    "waves without residues": (
        TEACHER,
        {"/record": {"metrics": ["fourier_concentration"]}},
        "/record/metrics/0",
        "teacher_distance",
    ),
    "a distance without a teacher": (
        NUMBERS,
        {"/record": {"metrics": ["teacher_distance"]}},
        "/record/metrics/0",
        "train_r2",
    ),
    "a test without test data": (
        NUMBERS,
        {"/record": {"metrics": ["test_loss"]}},
        "/record/metrics/0",
        "train_loss",
    ),
    "an error of a network": (
        MODULAR,
        {"/record": {"metrics": ["train_error"]}},
        "/record/metrics/0",
        "train_loss",
    ),
    "a layer named twice": (
        MODULAR,
        {"/record": {"metrics": ["rank[decoder.0]", "rank[decoder.0]"]}},
        "/record/metrics/1",
        "named twice",
    ),
    "refinement of a linear model": (
        LINEAR,
        {"/record": {"refine_crossings": True}},
        "/record/refine_crossings",
        "exact to the step",
    ),
    "checkpoints of a linear model": (
        LINEAR,
        {"/record": {"checkpoints": "powers_of_two"}},
        "/record/checkpoints",
        "parameters_per_decade",
    ),
}
