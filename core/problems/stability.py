"""The step-size condition, checked before anything is stored."""

from collections.abc import Mapping, Sequence

from core.problems.spectrum import exact_sigma_max, expected_sigma_max, own_sigma_max, own_work
from core.spec import (
    MAX_EXACT_WORK,
    Cell,
    ExperimentSpec,
    GradientMethod,
    SpecError,
    SpecInvalid,
    decomposition_work,
    design_key,
    design_keys,
)
from core.spec.dataset import Dataset
from core.spec.problem import LinearProblem

MAX_EXACT_DESIGNS = 64
MAX_OWN_WORK = 1e10
"""Own designs of one spec that need more, all together, are not all looked at: it would take many seconds."""


def step_bound(spec: ExperimentSpec, sigma_max: float) -> float | None:
    """Learning rates below this contract; None where theory gives no bound (deep models, zero maps, convex).

    2 / (sigma_max^2 + beta_2) for the gradient methods of depth 1. Projection removes what a step adds in the
    row space of X, which leaves 2 / beta_2.
    """
    if spec.linear_model.depth > 1 or not isinstance(spec.optimizer, GradientMethod):
        return None
    projected = spec.optimizer.kind == "projected_subgradient"
    curvature = spec.regularization.l2_squared + (0.0 if projected else sigma_max**2)
    return 2.0 / curvature if curvature > 0 else None


def check_stability(spec: ExperimentSpec, cells: Sequence[Cell]) -> None:
    """Refuses cells whose learning rate is at or over the bound.

    With up to 64 distinct designs of moderate size each is decomposed; else its expectation decides. Own data
    have none: they are decomposed, of large ones the largest singular value is approached from below, and
    designs for which that would take too long are let through.

    Raises SpecInvalid at the learning rate, and at the l2_squared without which that would do, or at the axes
    that set them, naming the first such cell.
    """
    checked = [cell for cell in cells if not cell.spec.is_network and _bounded(cell.spec)]
    keys = design_keys([cell.spec for cell in checked])
    designs = {key: cell.spec.linear_problem for key, cell in zip(keys, checked, strict=True)}
    work = sum(map(decomposition_work, designs.values()))
    exact = len(designs) <= MAX_EXACT_DESIGNS and work <= MAX_EXACT_WORK
    own = _affordable(designs)
    for cell in checked:
        one = cell.spec
        if not isinstance(one.optimizer, GradientMethod):
            continue
        if isinstance(one.linear_problem, Dataset):
            if design_key(one) not in own:
                continue
            seed = one.seed if one.linear_problem.seeded else 0
            sigma_max, how = own_sigma_max(one.linear_problem, seed), "sigma_max"
        elif exact:
            sigma_max, how = exact_sigma_max(one.linear_problem, one.seed, one.rng), "sigma_max"
        else:
            sigma_max, how = expected_sigma_max(one.linear_problem), "expected sigma_max"
        bound, rate = step_bound(one, sigma_max), one.optimizer.learning_rate
        if bound is not None and rate >= bound:
            raise SpecInvalid(_errors(spec, cell, rate, bound, f"{how}(X)^2 = {sigma_max**2:.6g}"))


def _affordable(designs: Mapping[str, LinearProblem]) -> set[str]:
    """The first own designs, as many as there is time for."""
    spent, found = 0.0, set()
    for key, problem in designs.items():
        if isinstance(problem, Dataset):
            spent += own_work(problem)
            if spent <= MAX_OWN_WORK:
                found.add(key)
    return found


def _bounded(spec: ExperimentSpec) -> bool:
    return not spec.allow_unstable and spec.linear_model.depth == 1


def _errors(spec: ExperimentSpec, cell: Cell, rate: float, bound: float, why: str) -> list[SpecError]:
    where = "" if spec.sweep is None else f" in cell {cell.index}"
    beyond = f"{where}, where {why}; allow_unstable: true lets it through"
    message = f"learning_rate below {bound:.6g} = 2 / (sigma_max^2 + beta_2){beyond}"
    errors = [SpecError(_place(spec, "/optimizer/learning_rate"), message, rate)]
    strength = cell.spec.regularization.l2_squared
    # What the learning rate admits beside the curvature of the data.
    most = 2.0 / rate - (2.0 / bound - strength)
    place = _place(spec, "/regularization/l2_squared")
    if strength > 0 and most > 0 and place != errors[0].pointer:
        less = "" if cell.spec.optimizer.kind == "projected_subgradient" else " - sigma_max^2"
        message = f"or l2_squared below {most:.6g} = 2 / learning_rate{less}{beyond}"
        errors.append(SpecError(place, message, strength))
    return errors


def _place(spec: ExperimentSpec, pointer: str) -> str:
    """The field, or the axis that sets it."""
    for number, axis in enumerate(spec.sweep.axes if spec.sweep is not None else ()):
        if any((pointer + "/").startswith(path + "/") for path in axis.swept):
            pointer = f"/sweep/axes/{number}"
    return pointer
