"""Small specs of networks, and how they are changed."""

import copy
from typing import Any

Json = dict[str, Any]
Change = dict[str, Any]

MODULAR: Json = {
    "problem": {"kind": "modular_arithmetic", "modulus": 5},
    "model": {"kind": "encoder_decoder", "embedding": 4, "hidden": [3]},
    "optimizer": {"kind": "adam", "learning_rate": 1e-2},
    "steps": 20,
}
TEACHER: Json = {
    "problem": {
        "kind": "teacher_student",
        "dimension": 3,
        "hidden": 4,
        "train_size": 6,
        "test_size": 7,
        "activation": "tanh",
    },
    "model": {"kind": "mlp", "hidden": [5], "activation": "tanh", "bias": True},
    "optimizer": {"kind": "sgd", "learning_rate": 1e-2},
    "steps": 20,
}
CLASSES: Json = {
    "problem": {
        "kind": "dataset",
        "task": "classification",
        "inputs": [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]],
        "targets": [0.0, 2.0, 1.0, 0.0],
    },
    "model": {"kind": "mlp", "hidden": [3]},
    "optimizer": {"kind": "adamw", "learning_rate": 1e-2},
    "steps": 20,
}
NUMBERS: Json = {**CLASSES, "problem": {**CLASSES["problem"], "task": "regression"}}
DIGITS: Json = {**CLASSES, "problem": {"kind": "dataset", "builtin": "digits"}}
GOOD: dict[str, Json] = {
    "modular": MODULAR,
    "teacher": TEACHER,
    "classes": CLASSES,
    "numbers": NUMBERS,
    "digits": DIGITS,
}


def at(data: Any, pointer: str) -> Any:
    """What lies at the pointer, None for nothing."""
    for part in pointer.split("/")[1:]:
        data = data[int(part)] if isinstance(data, list) else data.get(part) if data else None
    return data


def changed(base: Json, change: Change) -> Json:
    """The spec with other values at these pointers."""
    made: Json = copy.deepcopy(base)
    for pointer, value in change.items():
        *parents, last = pointer.split("/")[1:]
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return made
