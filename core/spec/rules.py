"""Rules that hold between fields, each with the pointer of the field that breaks it."""

import math
from collections.abc import Callable, Iterator

from core.spec.dataset import Dataset
from core.spec.engine import closed_form_obstacle, exact_jump_obstacle
from core.spec.errors import SpecError
from core.spec.experiment import ExperimentSpec
from core.spec.kinds import mismatches
from core.spec.metrics import available_metrics, vector_widths
from core.spec.names import one_of
from core.spec.network_rules import NETWORK_RULES
from core.spec.problem import MatrixCompletion, MatrixSensing, SparseRecovery
from core.spec.record import MAX_POINTS, MAX_VECTOR_NUMBERS
from core.spec.schedule import count_bound, parameter_steps
from core.spec.work import MAX_EXACT_WORK, MAX_SOLUTION_WORK, decomposition_work, jump_work

Rule = Callable[[ExperimentSpec], Iterator[SpecError]]
MAX_LEGACY_SEED = 2**32 - 1
MAX_LEGACY_NOISE_DIMENSION = 200
"""The published estimate of the signal's power draws 100 n signals."""
MAX_BASIS_DIMENSION = 1024
"""A basis that is no identity costs n^2 numbers and n^3 operations."""
MAX_DEEP_SIDE = 1024
"""Factors of deep matrix models cost n^3 operations a step."""


def broken_rules(spec: ExperimentSpec) -> list[SpecError]:
    """Every rule that a one-cell spec breaks."""
    if isinstance(spec.problem, Dataset) and spec.problem.faults:
        return list(spec.problem.faults)
    if mismatched := list(mismatches(spec)):
        return mismatched
    rules = NETWORK_RULES if spec.is_network else _RULES
    if errors := [error for rule in rules for error in rule(spec)]:
        return errors
    return [error for rule in _RECORD_RULES for error in rule(spec)]


def selected_rows(measurements: int, coherence: float) -> int:
    """Number of selected rows, round(tau N)."""
    return round(coherence * measurements)


def _sparse(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.linear_problem
    if not isinstance(p, SparseRecovery):
        return
    if p.sparsity > p.dimension:
        yield SpecError("/problem/sparsity", f"at most dimension = {p.dimension}", p.sparsity)
    if (rows := selected_rows(p.measurements, p.coherence)) > p.dimension:
        message = f"round(coherence x measurements) = {rows} is at most dimension = {p.dimension}"
        yield SpecError("/problem/coherence", message, p.coherence)
    if p.basis != "identity" and p.dimension > MAX_BASIS_DIMENSION:
        message = f"at most {MAX_BASIS_DIMENSION} with an {p.basis} basis"
        yield SpecError("/problem/dimension", message, p.dimension)


def _low_rank(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.linear_problem
    if not isinstance(p, MatrixCompletion | MatrixSensing):
        return
    if p.rank > min(p.shape):
        yield SpecError("/problem/rank", f"at most min(rows, columns) = {min(p.shape)}", p.rank)
    if p.measurements > math.prod(p.shape):
        message = f"at most rows x columns = {math.prod(p.shape)}"
        yield SpecError("/problem/measurements", message, p.measurements)
    if spec.linear_model.depth > 1 and max(p.shape) > MAX_DEEP_SIDE:
        name = "rows" if p.rows >= p.columns else "columns"
        message = f"at most {MAX_DEEP_SIDE} with depth over 1"
        yield SpecError(f"/problem/{name}", message, max(p.shape))


def _legacy(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.rng != "numpy-legacy":
        return
    p, undefined = spec.linear_problem, "which rng numpy-legacy does not define"
    if isinstance(p, SparseRecovery):
        if p.signal != "normal":
            yield SpecError("/problem/signal", f"normal; not {p.signal}, {undefined}", p.signal)
        if p.snr is not None and p.dimension > MAX_LEGACY_NOISE_DIMENSION:
            message = f"at most {MAX_LEGACY_NOISE_DIMENSION} with rng numpy-legacy and an snr"
            yield SpecError("/problem/dimension", message, p.dimension)
    elif isinstance(p, MatrixCompletion | MatrixSensing) and p.snr is not None:
        yield SpecError("/problem/snr", f"null; not noise on matrices, {undefined}", p.snr)
    elif isinstance(p, Dataset) and p.test_fraction is not None:
        yield SpecError("/problem/test_fraction", f"null; not a split, {undefined}", p.test_fraction)
    if spec.linear_model.init.kind == "normal":
        yield SpecError("/model/init/kind", f"not normal, {undefined}", "normal")
    if spec.seed > MAX_LEGACY_SEED:
        yield SpecError("/seed", f"at most {MAX_LEGACY_SEED} with rng numpy-legacy", spec.seed)


def _depth(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.linear_model.depth == 1:
        return
    if spec.optimizer.kind != "subgradient":
        message = (
            f"only subgradient, as {spec.optimizer.kind} is not defined for depth {spec.linear_model.depth}"
        )
        yield SpecError("/optimizer/kind", message, spec.optimizer.kind)
    if spec.linear_model.init.kind == "least_squares":
        yield SpecError("/model/init/kind", "least_squares is not defined for depth over 1", "least_squares")


def _penalties(spec: ExperimentSpec) -> Iterator[SpecError]:
    strengths = spec.regularization
    if strengths.nuclear == 0:
        return
    if len(spec.linear_problem.shape) == 1:
        message = f"only 0, as {spec.problem.kind} has vectors, which have no nuclear norm"
        yield SpecError("/regularization/nuclear", message, strengths.nuclear)
    elif strengths.l1 > 0 and spec.optimizer.kind in ("proximal", "convex"):
        message = f"only 0 beside l1, as {spec.optimizer.kind} is not defined for both"
        yield SpecError("/regularization/nuclear", message, strengths.nuclear)
        message = f"only 0 beside nuclear, as {spec.optimizer.kind} is not defined for both"
        yield SpecError("/regularization/l1", message, strengths.l1)


def _engine(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.optimizer.kind == "convex" and spec.engine != "auto":
        yield SpecError("/engine", "auto with optimizer convex, which takes no steps", spec.engine)
    elif spec.engine == "closed_form" and (missing := closed_form_obstacle(spec)) is not None:
        yield SpecError("/engine", f"auto or loop; closed_form asks for {missing}", spec.engine)
    elif spec.engine == "closed_form" and decomposition_work(spec.linear_problem) > MAX_SOLUTION_WORK:
        yield SpecError("/engine", f"auto or loop, as closed_form is too slow for {_size(spec)}", spec.engine)
    elif spec.engine == "exact_jump":
        yield from _exact_jump(spec)


def _exact_jump(spec: ExperimentSpec) -> Iterator[SpecError]:
    if (missing := exact_jump_obstacle(spec)) is not None:
        yield SpecError("/engine", f"auto or loop; exact_jump asks for {missing}", spec.engine)
        return
    jumps = spec.regularization.l1 > 0
    work = jump_work(spec.linear_problem) if jumps else decomposition_work(spec.linear_problem)
    if work > (MAX_EXACT_WORK if jumps else MAX_SOLUTION_WORK):
        yield SpecError("/engine", f"auto or loop, as exact_jump is too slow for {_size(spec)}", spec.engine)


def _convex(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.optimizer.kind == "convex" and decomposition_work(spec.linear_problem) > MAX_SOLUTION_WORK:
        message = f"a gradient method, as convex is too slow for {_size(spec)}"
        yield SpecError("/optimizer/kind", message, spec.optimizer.kind)


def _inverse(spec: ExperimentSpec) -> Iterator[SpecError]:
    # Observed entries are their own inverse.
    if (
        spec.problem.kind == "matrix_completion"
        or decomposition_work(spec.linear_problem) <= MAX_SOLUTION_WORK
    ):
        return
    if spec.linear_model.init.kind == "least_squares":
        message = f"another start, as least_squares is too slow for {_size(spec)}"
        yield SpecError("/model/init/kind", message, spec.linear_model.init.kind)
    if spec.optimizer.kind == "projected_subgradient":
        message = f"subgradient or proximal, as projection is too slow for {_size(spec)}"
        yield SpecError("/optimizer/kind", message, spec.optimizer.kind)


def _size(spec: ExperimentSpec) -> str:
    shape = " x ".join(map(str, spec.linear_problem.shape))
    return f"{spec.linear_problem.measurements} measurements of {shape} parameters"


def _complex(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.linear_problem.complex and spec.precision != "float64":
        message = "float64 with the fourier basis, whose parameters are complex"
        yield SpecError("/precision", message, spec.precision)


def _metrics(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.record.metrics == "default":
        return
    known = available_metrics(spec)
    for place, name in enumerate(spec.record.metrics):
        if name not in known:
            yield SpecError(f"/record/metrics/{place}", one_of(known, name), name)
        elif name in spec.record.metrics[:place]:
            yield SpecError(f"/record/metrics/{place}", "named twice", name)
    if "parameters" in spec.record.metrics and spec.record.parameters_per_decade > 0:
        message = "0 with `parameters` among the metrics, which records them at every recorded step"
        yield SpecError("/record/parameters_per_decade", message, spec.record.parameters_per_decade)


def _points(spec: ExperimentSpec) -> Iterator[SpecError]:
    points = count_bound(spec.record, spec.steps)
    if points > MAX_POINTS:
        message = f"at most {MAX_POINTS} recorded steps a run; this asks for about {points}"
        yield SpecError("/record", message, spec.record.model_dump())
        return
    kept = len(parameter_steps(spec.record, spec.steps))
    numbers = sum(
        width * (kept if name == "parameters" and kept else points)
        for name, width in vector_widths(spec).items()
    )
    if numbers > MAX_VECTOR_NUMBERS:
        message = (
            f"at most {MAX_VECTOR_NUMBERS} numbers in the vector series of a run; this asks for {numbers}"
        )
        yield SpecError("/record", message, spec.record.model_dump())


_RULES: tuple[Rule, ...] = (
    _sparse,
    _low_rank,
    _legacy,
    _depth,
    _penalties,
    _engine,
    _convex,
    _inverse,
    _complex,
)
_RECORD_RULES: tuple[Rule, ...] = (_metrics, _points)
