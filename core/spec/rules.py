"""Rules that hold between fields, each with the pointer of the field that breaks it."""

from collections.abc import Callable, Iterator

from core.spec.errors import SpecError
from core.spec.experiment import ExperimentSpec
from core.spec.metrics import metric_names
from core.spec.record import MAX_POINTS
from core.spec.schedule import count_bound

Rule = Callable[[ExperimentSpec], Iterator[SpecError]]
MAX_LEGACY_SEED = 2**32 - 1
MAX_LEGACY_NOISE_DIMENSION = 200
"""The published estimate of the signal's power draws 100 n signals."""
MAX_BASIS_DIMENSION = 1024
"""An orthonormal basis costs n^2 numbers and n^3 operations."""


def broken_rules(spec: ExperimentSpec) -> list[SpecError]:
    """Every rule that a one-cell spec breaks."""
    return [error for rule in _RULES for error in rule(spec)]


def selected_rows(measurements: int, coherence: float) -> int:
    """Number of selected rows, round(tau N)."""
    return round(coherence * measurements)


def _sparsity(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.problem
    if p.sparsity > p.dimension:
        yield SpecError("/problem/sparsity", f"at most dimension = {p.dimension}", p.sparsity)


def _coherence(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.problem
    if (rows := selected_rows(p.measurements, p.coherence)) > p.dimension:
        message = f"round(coherence x measurements) = {rows} is at most dimension = {p.dimension}"
        yield SpecError("/problem/coherence", message, p.coherence)


def _basis(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.problem.basis == "orthonormal" and spec.problem.dimension > MAX_BASIS_DIMENSION:
        message = f"at most {MAX_BASIS_DIMENSION} with an orthonormal basis"
        yield SpecError("/problem/dimension", message, spec.problem.dimension)


def _legacy(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.rng != "numpy-legacy":
        return
    only = "the only one that rng numpy-legacy defines"
    if spec.problem.basis != "identity":
        yield SpecError("/problem/basis", f"identity, {only}", spec.problem.basis)
    if spec.problem.signal != "normal":
        yield SpecError("/problem/signal", f"normal, {only}", spec.problem.signal)
    if spec.model.init.kind == "normal":
        yield SpecError("/model/init/kind", "not normal, which rng numpy-legacy does not define", "normal")
    if spec.problem.snr is not None and spec.problem.dimension > MAX_LEGACY_NOISE_DIMENSION:
        message = f"at most {MAX_LEGACY_NOISE_DIMENSION} with rng numpy-legacy and an snr"
        yield SpecError("/problem/dimension", message, spec.problem.dimension)
    if spec.seed > MAX_LEGACY_SEED:
        yield SpecError("/seed", f"at most {MAX_LEGACY_SEED} with rng numpy-legacy", spec.seed)


def _depth(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.model.depth == 1:
        return
    if spec.optimizer.kind != "subgradient":
        message = f"subgradient: {spec.optimizer.kind} is not defined for depth {spec.model.depth}"
        yield SpecError("/optimizer/kind", message, spec.optimizer.kind)
    if spec.model.init.kind == "least_squares":
        yield SpecError("/model/init/kind", "least_squares is not defined for depth over 1", "least_squares")


def _metrics(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.record.metrics == "default":
        return
    known = metric_names()
    for place, name in enumerate(spec.record.metrics):
        if name not in known:
            yield SpecError(f"/record/metrics/{place}", f"one of {', '.join(known)}", name)
        elif name in spec.record.metrics[:place]:
            yield SpecError(f"/record/metrics/{place}", "named twice", name)


def _points(spec: ExperimentSpec) -> Iterator[SpecError]:
    if (points := count_bound(spec.record, spec.steps)) > MAX_POINTS:
        message = f"at most {MAX_POINTS} recorded steps a run; this asks for about {points}"
        yield SpecError("/record", message, spec.record.model_dump())


_RULES: tuple[Rule, ...] = (_sparsity, _coherence, _basis, _legacy, _depth, _metrics, _points)
