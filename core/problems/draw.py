"""Draws the instance of a linear run, whatever its problem."""

from core.problems.instance import Instance
from core.problems.low_rank import draw_low_rank
from core.problems.own_data import load_dataset
from core.problems.sparse_recovery import draw_sparse
from core.spec import ExperimentSpec
from core.spec.dataset import Dataset
from core.spec.problem import LinearProblem, SparseRecovery


def draw(spec: ExperimentSpec) -> Instance:
    """The instance of a one-cell spec of a linear model. Raises TypeError for a network."""
    return draw_problem(spec.linear_problem, spec.seed, spec.rng)


def draw_problem(problem: LinearProblem, seed: int, rng: str) -> Instance:
    """The instance of a problem, which nothing but these three determines."""
    match problem:
        case SparseRecovery():
            return draw_sparse(problem, seed, rng)
        case Dataset():
            return load_dataset(problem, seed)
        case _:
            return draw_low_rank(problem, seed, rng)
