"""How many pairs of each class of a modular table are trained on."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.spec.network_problem import ModularArithmetic, Operation


def table(modulus: int, operation: Operation) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of an operation, the second number fastest, and their results. Shapes (K, 2) and (K,).

    Division needs a prime modulus; its pairs have no second number 0.
    """
    p = modulus
    first, second = np.divmod(np.arange(p * p), p)
    if operation == "/":
        kept = second != 0
        first, second = first[kept], second[kept]
    match operation:
        case "+":
            result = first + second
        case "-":
            result = first - second
        case "*":
            result = first * second
        case "/":
            result = first * np.array([pow(int(b), -1, p) if b else 0 for b in range(p)])[second]
        case "x^2+xy+y^2":
            result = first**2 + first * second + second**2
    return np.stack([first, second], axis=1), result % p


def pairs_of_class(problem: ModularArithmetic) -> tuple[int, ...]:
    """Number of pairs of each class, trained on or not. Length p."""
    return _class_sizes(problem.modulus, problem.operation)


@lru_cache(maxsize=64)
def _class_sizes(modulus: int, operation: Operation) -> tuple[int, ...]:
    return tuple(map(int, np.bincount(table(modulus, operation)[1], minlength=modulus)))


def class_counts(problem: ModularArithmetic) -> tuple[int, ...]:
    """Training pairs of each class for the splits `balanced` and `proportions`; they sum to train_rows.

    Shares are rounded down, and what is left goes to the largest remainders, the first class first.
    """
    weights = np.array(problem.class_proportions or (1.0,) * problem.modulus)
    exact = weights / weights.sum() * problem.train_rows
    counts = np.floor(exact + 1e-9).astype(np.int64)
    rest = problem.train_rows - int(counts.sum())
    counts[np.argsort(-(exact - counts), kind="stable")[:rest]] += 1
    return tuple(map(int, counts))
