"""Rules of networks that hold between fields, each with the pointer of the field that breaks it."""

import math
from collections.abc import Callable, Iterator

from core.spec.dataset import Dataset
from core.spec.errors import SpecError
from core.spec.experiment import ExperimentSpec
from core.spec.layers import layers_of, named, penalised
from core.spec.names import one_of
from core.spec.network_method import Cosine, Sgd
from core.spec.network_model import MLP, EncoderDecoder
from core.spec.network_problem import ModularArithmetic, TeacherStudent
from core.spec.selection import class_counts, pairs_of_class

Rule = Callable[[ExperimentSpec], Iterator[SpecError]]
MAX_TEACHER_WORK = 1e11
"""Products of all answers of a teacher: more would take many seconds before the first step."""
_SOBOLEV = ("sobolev_1", "sobolev_2", "sobolev_1_squared", "sobolev_2_squared")


def _modular(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.network_problem
    if not isinstance(p, ModularArithmetic):
        return
    if p.operation == "/" and not _prime(p.modulus):
        yield SpecError("/problem/modulus", "a prime for division", p.modulus)
        return
    if not 0 < p.train_rows < p.pairs:
        message = f"a share that leaves at least one of {p.pairs} pairs on either side"
        yield SpecError("/problem/train_fraction", message, p.train_fraction)
        return
    yield from _proportions(p)


def _proportions(p: ModularArithmetic) -> Iterator[SpecError]:
    pointer, given = "/problem/class_proportions", p.class_proportions
    if (given is None) == (p.split == "proportions"):
        message = "weights of the classes with the split proportions, and with no other"
        yield SpecError(pointer, message, None if given is None else list(given))
        return
    if given is not None and (len(given) != p.modulus or sum(given) == 0):
        message = f"{p.modulus} weights, one for each class, not all 0; got {len(given)}"
        yield SpecError(pointer, message, list(given))
    elif p.split in ("balanced", "proportions"):
        there = pairs_of_class(p)
        for c, count in enumerate(class_counts(p)):
            if count > there[c]:
                message = f"train_fraction and proportions take {count} of the {there[c]} pairs of class {c}"
                field = pointer if given is not None else "/problem/train_fraction"
                yield SpecError(field, message, p.train_fraction if given is None else list(given))
                return


def _legacy(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.rng != "default":
        yield SpecError("/rng", "default with networks; see the split published", spec.rng)


def _dataset(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.network_problem
    if isinstance(p, Dataset) and p.test == "truth":
        if p.dataset is not None:
            message = f"linear with {p.dataset}, which has true_parameters"
            yield SpecError("/model/kind", message, spec.network_model.kind)
            return
        message = "null with model mlp, which is tested on test_inputs or a test_fraction"
        yield SpecError("/problem/true_parameters", message, p.dimension)


def _teacher(spec: ExperimentSpec) -> Iterator[SpecError]:
    p = spec.network_problem
    if not isinstance(p, TeacherStudent):
        return
    work = (p.train_size + p.test_size) * p.hidden * (p.dimension + p.outputs)
    if work > MAX_TEACHER_WORK:
        name = "test_size" if p.test_size >= p.train_size else "train_size"
        message = (
            f"fewer inputs, or a smaller teacher: all its answers take {work:.2g} products, at most 1e11"
        )
        yield SpecError(f"/problem/{name}", message, getattr(p, name))


def _model(spec: ExperimentSpec) -> Iterator[SpecError]:
    m = spec.network_model
    if not isinstance(m, EncoderDecoder) or m.combine != "matrix_product":
        return
    if math.isqrt(m.embedding) ** 2 != m.embedding:
        message = "a square such as 64 with combine matrix_product"
        yield SpecError("/model/embedding", message, m.embedding)


def _groups(spec: ExperimentSpec) -> Iterator[SpecError]:
    strengths, layers = spec.regularization, layers_of(spec)
    if strengths.groups != "weights":
        names = dict.fromkeys(name for layer in layers for name in (layer.name.split(".")[0], layer.name))
        for place, group in enumerate(strengths.groups):
            if not any(named(layer, group) for layer in layers):
                yield SpecError(f"/regularization/groups/{place}", one_of(names, group), group)
    vectors = [layer.name for layer in penalised(spec) if not layer.weight]
    if strengths.nuclear > 0 and vectors:
        message = f"0 with {vectors[0]} among the groups: vectors have no nuclear norm"
        yield SpecError("/regularization/nuclear", message, strengths.nuclear)


def _sobolev(spec: ExperimentSpec) -> Iterator[SpecError]:
    p, m, strengths = spec.network_problem, spec.network_model, spec.regularization
    for name in _SOBOLEV:
        value = getattr(strengths, name)
        if value == 0:
            continue
        if not isinstance(p, TeacherStudent):
            message = f"only 0, as the target of {p.kind} has no known derivative; teacher_student has one"
            yield SpecError(f"/regularization/{name}", message, value)
        elif name.startswith("sobolev_2") and isinstance(m, MLP) and "relu" in (p.activation, m.activation):
            message = (
                "only 0, as the Hessian of a relu network is 0 almost everywhere; smooth activations have one"
            )
            yield SpecError(f"/regularization/{name}", message, value)


def _method(spec: ExperimentSpec) -> Iterator[SpecError]:
    method, rows = spec.network_method, spec.network_problem.train_rows
    if method.batch_size is not None and method.batch_size > rows:
        message = f"at most the {rows} training inputs; null for all of them"
        yield SpecError("/optimizer/batch_size", message, method.batch_size)
    if isinstance(method, Sgd) and method.nesterov and method.momentum == 0:
        yield SpecError("/optimizer/nesterov", "false without momentum", True)
    if isinstance(method.schedule, Cosine) and method.schedule.warmup_steps >= spec.steps:
        message = f"fewer than steps = {spec.steps}"
        yield SpecError("/optimizer/schedule/warmup_steps", message, method.schedule.warmup_steps)


def _engine(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.engine in ("closed_form", "exact_jump"):
        yield SpecError("/engine", "auto or loop; networks have no closed form", spec.engine)


def _detect(spec: ExperimentSpec) -> Iterator[SpecError]:
    if spec.detect.metric == "accuracy":
        for name, level in zip(("train_threshold", "test_threshold"), spec.detect.levels, strict=True):
            if level > 1:
                yield SpecError(f"/detect/{name}", "at most 1 for an accuracy", level)


def _prime(number: int) -> bool:
    return number > 1 and all(number % d for d in range(2, math.isqrt(number) + 1))


NETWORK_RULES: tuple[Rule, ...] = (
    _modular,
    _legacy,
    _dataset,
    _teacher,
    _model,
    _groups,
    _sobolev,
    _method,
    _engine,
    _detect,
)
