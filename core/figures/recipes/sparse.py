"""What the figures of sparse recovery begin with."""

from typing import Any

RATE, STRENGTH = "/optimizer/learning_rate", "/regularization/l1"
METHODS = ("subgradient", "projected_subgradient", "proximal")

GOLDEN: dict[str, Any] = {
    "rng": "numpy-legacy",
    "seed": 1,
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30},
    "model": {"kind": "linear", "depth": 1, "init": {"kind": "constant", "scale": 1e-6}},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "detect": {"train_threshold": 1e-3, "test_threshold": 1e-3},
}
"""The published instance, without noise."""
SIGNAL_NORM = 0.1570837
"""||a*||_2 of the published instance."""
SIGNAL_SUM = 0.2908844
"""||a*||_1 of it."""
DIMENSION = 100


def golden(**over: Any) -> dict[str, Any]:
    """The published instance with some fields otherwise; problem, optimizer and model are merged."""
    merged = {
        name: {**GOLDEN[name], **value}
        if isinstance(value, dict) and isinstance(GOLDEN.get(name), dict)
        else value
        for name, value in over.items()
    }
    return {**GOLDEN, **merged}


def kept(*metrics: str, per_decade: int = 30, first: int = 100, **more: Any) -> dict[str, Any]:
    """A record of the named metrics."""
    return {"metrics": list(metrics), "per_decade": per_decade, "first": first, **more}
