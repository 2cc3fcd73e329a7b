"""Sparse recovery: the signal, the design and the measurements of one instance."""

import math

import numpy as np

from core.problems import legacy
from core.problems.instance import Instance
from core.problems.operators import Array, Dense, Numbers
from core.problems.rows import unit_rows
from core.problems.streams import Stream, generator
from core.spec import selected_rows
from core.spec.problem import SparseRecovery


def draw_sparse(problem: SparseRecovery, seed: int, rng: str) -> Instance:
    """The instance of a seed.

    The support, the entries, the selected columns and the rows of the design are drawn in that order, with as
    many numbers for every sparsity and coherence, and rows one after the other: instances of one seed that
    differ in sparsity, coherence or measurements share all the rest.
    """
    if rng == "numpy-legacy":
        signal = legacy.signal(seed, problem.dimension, problem.sparsity)
        basis = legacy.orthonormal_basis(seed, problem.dimension) if problem.basis == "orthonormal" else None
        rows, selected = legacy.rows(seed, problem.measurements, problem.dimension, problem.coherence)
    else:
        signal, basis, rows, selected = _draw(problem, seed)
    if problem.basis == "fourier":
        basis = fourier_basis(problem.dimension)
    design = _design(rows, selected, basis)
    targets = design @ signal
    if problem.snr is not None:
        targets = targets + _noise(problem, problem.snr, seed, rng)
    return Instance(Dense(design), targets, signal)


def fourier_basis(n: int) -> Numbers:
    """The unitary matrix exp(-2 pi i j k / n) / sqrt(n). Shape (n, n)."""
    return np.fft.fft(np.eye(n), norm="ortho")


def _draw(
    problem: SparseRecovery, seed: int
) -> tuple[Array, Numbers | None, Array, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    n, measurements = problem.dimension, problem.measurements
    data = generator(seed, Stream.DATA)
    support = data.permutation(n)[: problem.sparsity]
    entries = data.standard_normal(n)[: problem.sparsity]
    columns = data.permutation(n)
    basis = np.linalg.qr(data.standard_normal((n, n)))[0] if problem.basis == "orthonormal" else None
    rows = data.standard_normal((measurements, n)) / math.sqrt(measurements)
    signal = np.zeros(n)
    signal[support] = np.sign(entries) if problem.signal == "sign" else entries / math.sqrt(n)
    return signal, basis, rows, columns[: selected_rows(measurements, problem.coherence)]


def _design(
    rows: Array, selected: np.ndarray[tuple[int], np.dtype[np.int64]], basis: Numbers | None
) -> Numbers:
    """X = M Phi, where the first rows of M are the selected columns of Phi. Shape (N, n)."""
    if basis is None:
        rows[: len(selected)] = unit_rows(selected, rows.shape[1])
        return rows
    m = rows.astype(basis.dtype)
    m[: len(selected)] = basis.T[selected]
    return m @ basis


def _noise(problem: SparseRecovery, snr: float, seed: int, rng: str) -> Numbers:
    measurements = problem.measurements
    if rng == "numpy-legacy":
        power = legacy.signal_power(seed, problem.dimension, problem.sparsity)
        return math.sqrt(power / (measurements * snr)) * legacy.noise(seed, measurements)
    power = problem.sparsity * (1.0 if problem.signal == "sign" else 1.0 / problem.dimension)
    noise = generator(seed, Stream.NOISE)
    draws: Numbers = noise.standard_normal(measurements)
    if problem.complex:
        # Circular noise of the same variance.
        draws = (draws + 1j * noise.standard_normal(measurements)) / math.sqrt(2.0)
    return math.sqrt(power / (measurements * snr)) * draws
