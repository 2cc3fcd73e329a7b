"""Sparse recovery: the signal, the design and the measurements of one instance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.problems import legacy
from core.problems.rows import unit_rows
from core.problems.streams import Stream, generator
from core.spec import ExperimentSpec, selected_rows
from core.spec.problem import SparseRecovery

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instance:
    """y = X a* + noise, in float64.

    Attributes:
        design: X. Shape (N, n).
        targets: y. Shape (N,).
        true_parameters: a*. Shape (n,).
    """

    design: Array
    targets: Array
    true_parameters: Array


def draw(spec: ExperimentSpec) -> Instance:
    """The instance of a one-cell spec.

    The support, the entries, the selected columns and the rows of the design are drawn in that order, with as
    many numbers for every sparsity and coherence, and rows one after the other: instances of one seed that
    differ in sparsity, coherence or measurements share all the rest.
    """
    problem, seed = spec.problem, spec.seed
    signal, design = draw_data(problem, seed, spec.rng)
    targets = design @ signal
    if problem.snr is not None:
        targets = targets + _noise(spec, problem.snr)
    return Instance(design, targets, signal)


def draw_data(problem: SparseRecovery, seed: int, rng: str) -> tuple[Array, Array]:
    """a*, of shape (n,), and X, of shape (N, n)."""
    n, measurements = problem.dimension, problem.measurements
    if rng == "numpy-legacy":
        selected_design = legacy.design(seed, measurements, n, problem.coherence)
        return legacy.signal(seed, n, problem.sparsity), selected_design
    data = generator(seed, Stream.DATA)
    support = data.permutation(n)[: problem.sparsity]
    entries = data.standard_normal(n)[: problem.sparsity]
    columns = data.permutation(n)
    basis = np.linalg.qr(data.standard_normal((n, n)))[0] if problem.basis == "orthonormal" else None
    rows = data.standard_normal((measurements, n)) / math.sqrt(measurements)
    signal = np.zeros(n)
    signal[support] = np.sign(entries) if problem.signal == "sign" else entries / math.sqrt(n)
    selected = columns[: selected_rows(measurements, problem.coherence)]
    if basis is None:
        rows[: len(selected)] = unit_rows(selected, n)
        return signal, rows
    rows[: len(selected)] = basis.T[selected]
    return signal, rows @ basis


def _noise(spec: ExperimentSpec, snr: float) -> Array:
    problem = spec.problem
    if spec.rng == "numpy-legacy":
        power = legacy.signal_power(spec.seed, problem.dimension, problem.sparsity)
        draws = legacy.noise(spec.seed, problem.measurements)
    else:
        power = problem.sparsity * (1.0 if problem.signal == "sign" else 1.0 / problem.dimension)
        draws = generator(spec.seed, Stream.NOISE).standard_normal(problem.measurements)
    return math.sqrt(power / (problem.measurements * snr)) * draws
