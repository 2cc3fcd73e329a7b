"""Groups cells into batches that train as one tensor program, and estimates their size."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.spec.cells import Cell
from core.spec.engine import compilable, engine_of
from core.spec.experiment import ExperimentSpec
from core.spec.metrics import chosen_metrics, vector_widths
from core.spec.network_size import network_bytes, network_key, network_size, runs_together

T = TypeVar("T")
MAX_RUNS = 256
"""Runs of one batch on a core: more bring little once the products fill the vector units."""
LANES = 24
"""Runs that compiled steps take side by side, at most."""
MAX_DESIGN_BYTES = 1 << 20
"""Designs of one batch of tensors, so that they stay in a core's cache between steps."""
COMPILED_DESIGN_BYTES = 16 << 20
"""Designs of one batch of compiled steps, which hold one design after the other in the cache."""
CUDA_RUNS = 8192
"""Runs of one batch on a card, which has room for more but then seldom shows anything."""
CUDA_BYTES = 2 << 30
"""Memory of one batch on a card, about."""
RING_BYTES = 32 << 20
"""Records that a batch keeps on its device before it hands them over."""
RING_POINTS = 4096


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions (in the planned sequence) of the cells of one batch, and the bytes that it needs."""

    members: tuple[int, ...]
    bytes: int


def plan(cells: Sequence[Cell]) -> list[Batch]:
    """Batches in order of their first cell; every cell is in exactly one.

    Cells of a batch share what shapes the program (shape, depth, method, engine, precision, device, steps,
    record, stop) and fill a rectangle of designs times runs per design. The plan depends on the cells alone,
    so the same experiment always trains in the same batches.
    """
    programs: dict[str, dict[str, list[int]]] = {}
    networks: dict[str, list[int]] = {}
    linear = [position for position, cell in enumerate(cells) if not cell.spec.is_network]
    specs = [cells[position].spec for position in linear]
    for position, program, design in zip(linear, program_keys(specs), design_keys(specs), strict=True):
        programs.setdefault(program, {}).setdefault(design, []).append(position)
    for position, cell in enumerate(cells):
        if cell.spec.is_network:
            networks.setdefault(network_key(cell.spec), []).append(position)
    batches = [batch for designs in programs.values() for batch in _rectangles(cells, designs)]
    batches += [batch for positions in networks.values() for batch in _rows(cells, positions)]
    return sorted(batches, key=lambda batch: batch.members[0])


def program_key(spec: ExperimentSpec) -> str:
    """What all runs of a batch share."""
    p, m = spec.linear_problem, spec.linear_model
    shared = (
        p.kind,
        p.shape,
        p.complex,
        p.test,
        m.kind,
        m.depth,
        spec.optimizer.kind,
        engine_of(spec),
        # The SVD of every step is paid by those that need it.
        spec.regularization.nuclear > 0,
        spec.precision,
        spec.device,
        spec.steps,
    )
    return json.dumps([*shared, spec.record.model_dump(), spec.stop.model_dump()], sort_keys=True)


def program_keys(specs: Sequence[ExperimentSpec]) -> Iterator[str]:
    """`program_key` of each, made once for those that have all parts but the seed in common."""
    known: dict[tuple[int, ...], str] = {}
    for spec in specs:
        parts = tuple(id(part) for name, part in spec.__dict__.items() if name != "seed")
        if (key := known.get(parts)) is None:
            key = known[parts] = program_key(spec)
        yield key


def design_keys(specs: Sequence[ExperimentSpec]) -> Iterator[str]:
    """`design_key` of each, made once for those that have the problem in common, and seed and rng."""
    known: dict[tuple[int, int, str], str] = {}
    for spec in specs:
        parts = id(spec.problem), spec.seed, spec.rng
        if (key := known.get(parts)) is None:
            key = known[parts] = design_key(spec)
        yield key


def design_key(spec: ExperimentSpec) -> str:
    """What all runs of one design share: the drawn data."""
    drawn_by = [spec.seed, spec.rng] if spec.problem.seeded else []
    return json.dumps([spec.problem.identity(), *drawn_by], sort_keys=True)


def _rectangles(cells: Sequence[Cell], designs: dict[str, list[int]]) -> list[Batch]:
    by_length: dict[int, list[Sequence[int]]] = {}
    for positions in designs.values():
        most, _ = _most(cells[positions[0]].spec)
        for row in _even(positions, most, LANES):
            by_length.setdefault(len(row), []).append(row)
    batches = []
    for length, rows in by_length.items():
        limits = [_most(cells[row[0]].spec) for row in rows]
        fit = max(1, min(min(designs, most // length) for most, designs in limits))
        for part in _even(rows, fit):
            members = tuple(position for row in part for position in row)
            batches.append(Batch(members, batch_bytes(cells[part[0][0]].spec, len(part), length)))
    return batches


def _even(items: Sequence[T], most: int, unit: int = 1) -> Iterator[Sequence[T]]:
    """As few parts of at most so many as there can be, of even sizes, so that no worker waits for another.

    Sizes are multiples of the unit where that costs no part more.
    """
    size = math.ceil(len(items) / math.ceil(len(items) / most))
    rounded = math.ceil(size / unit) * unit
    size = rounded if rounded <= most else size
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _most(spec: ExperimentSpec) -> tuple[int, int]:
    """Runs and designs of one batch at most: what stays in the cache of a core, or fills a card."""
    if spec.device.startswith("cuda"):
        return max(1, min(CUDA_RUNS, CUDA_BYTES // batch_bytes(spec, 1, 1))), CUDA_RUNS
    room = COMPILED_DESIGN_BYTES if compilable(spec) else MAX_DESIGN_BYTES
    return MAX_RUNS, max(1, room // design_bytes(spec))


def _rows(cells: Sequence[Cell], positions: list[int]) -> list[Batch]:
    """Batches of networks, which share no data: any runs side by side."""
    spec = cells[positions[0]].spec
    most = runs_together(spec)
    return [
        Batch(tuple(group), network_bytes(spec, len(group)) + _rings(spec, len(group)))
        for group in _even(positions, most)
    ]


def design_bytes(spec: ExperimentSpec) -> int:
    """Bytes of one design: a matrix, a mask of entries, or the two factors of rank-one measurements."""
    p = spec.linear_problem
    match p.kind:
        case "matrix_completion":
            numbers = math.prod(p.shape)
        case "matrix_sensing":
            numbers = p.measurements * sum(p.shape)
        case _:
            numbers = p.measurements * math.prod(p.shape)
    return numbers * _width(spec)


def parameter_count(spec: ExperimentSpec) -> int:
    """Numbers in the factors of one run."""
    if spec.is_network:
        return network_size(spec).parameters
    shape, depth = spec.linear_problem.shape, spec.linear_model.depth
    if len(shape) == 1 or depth == 1:
        return depth * math.prod(shape)
    inner = min(shape)
    return inner * (sum(shape) + (depth - 2) * inner)


def batch_bytes(spec: ExperimentSpec, designs: int, runs: int) -> int:
    """Estimated peak of a batch of `designs` x `runs`: data, parameters, work arrays and the ring."""
    size, runs_in_all = math.prod(spec.linear_problem.shape), designs * runs
    copies = 3 if spec.optimizer.kind == "projected_subgradient" else 2
    residual = spec.linear_problem.measurements
    if spec.problem.kind == "matrix_sensing":
        residual *= 1 + max(spec.linear_problem.shape)
    arrays = runs_in_all * (6 * parameter_count(spec) + 10 * size + 4 * residual)
    return copies * designs * design_bytes(spec) + arrays * _width(spec) + _rings(spec, runs_in_all)


def _rings(spec: ExperimentSpec, runs: int) -> int:
    widths = [len(chosen_metrics(spec)), *vector_widths(spec).values()]
    return sum(2 * 8 * ring_points(runs, width) * width * runs for width in widths)


def ring_points(runs: int, width: int) -> int:
    """Recorded steps of `width` numbers that the ring of a batch has room for: 16 to 4,096."""
    return max(16, min(RING_POINTS, RING_BYTES // (8 * runs * max(width, 1))))


def _width(spec: ExperimentSpec) -> int:
    real = 8 if spec.precision == "float64" else 4
    return 2 * real if spec.linear_problem.complex else real
