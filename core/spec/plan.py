"""Groups cells into batches that train as one tensor program, and estimates their size."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.spec.cells import Cell
from core.spec.experiment import ExperimentSpec
from core.spec.metrics import chosen_metrics

MAX_RUNS = 256
"""Runs of one batch: more bring little once the products fill the vector units."""
MAX_DESIGN_BYTES = 1 << 20
"""Design matrices of one batch, so that they stay in a core's cache between steps."""
RING_BYTES = 32 << 20
"""Records that a batch keeps on its device before it hands them over."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions (in the planned sequence) of the cells of one batch, and the bytes that it needs."""

    members: tuple[int, ...]
    bytes: int


def plan(cells: Sequence[Cell]) -> list[Batch]:
    """Batches in order of their first cell; every cell is in exactly one.

    Cells of a batch share what shapes the program (dimension, depth, method, precision, device, steps,
    record, stop) and fill a rectangle of designs times runs per design. The plan depends on the cells alone,
    so the same experiment always trains in the same batches.
    """
    programs: dict[str, dict[str, list[int]]] = {}
    for position, cell in enumerate(cells):
        program = programs.setdefault(program_key(cell.spec), {})
        program.setdefault(design_key(cell.spec), []).append(position)
    batches = [batch for designs in programs.values() for batch in _rectangles(cells, designs)]
    return sorted(batches, key=lambda batch: batch.members[0])


def program_key(spec: ExperimentSpec) -> str:
    """What all runs of a batch share."""
    p, m = spec.problem, spec.model
    shared = (
        p.kind,
        p.dimension,
        m.kind,
        m.depth,
        spec.optimizer.kind,
        spec.precision,
        spec.device,
        spec.steps,
    )
    return json.dumps([*shared, spec.record.model_dump(), spec.stop.model_dump()], sort_keys=True)


def design_key(spec: ExperimentSpec) -> str:
    """What all runs of one design share: the drawn data."""
    return json.dumps([spec.problem.model_dump(), spec.seed, spec.rng], sort_keys=True)


def _rectangles(cells: Sequence[Cell], designs: dict[str, list[int]]) -> list[Batch]:
    open_batches: dict[int, list[list[int]]] = {}
    closed: list[list[list[int]]] = []
    for positions in designs.values():
        spec = cells[positions[0]].spec
        fit = max(1, MAX_DESIGN_BYTES // design_bytes(spec))
        for start in range(0, len(positions), MAX_RUNS):
            row = positions[start : start + MAX_RUNS]
            rows = open_batches.setdefault(len(row), [])
            rows.append(row)
            if len(rows) >= fit or (len(rows) + 1) * len(row) > MAX_RUNS:
                closed.append(open_batches.pop(len(row)))
    closed.extend(open_batches.values())
    return [
        Batch(
            tuple(p for row in rows for p in row),
            batch_bytes(cells[rows[0][0]].spec, len(rows), len(rows[0])),
        )
        for rows in closed
    ]


def design_bytes(spec: ExperimentSpec) -> int:
    """Bytes of one design matrix."""
    return spec.problem.measurements * spec.problem.dimension * _width(spec)


def batch_bytes(spec: ExperimentSpec, designs: int, runs: int) -> int:
    """Estimated peak of a batch of `designs` x `runs`: data, parameters, work arrays and the ring."""
    per_parameter = 6 * spec.model.depth + 10
    copies = 3 if spec.optimizer.kind == "projected_subgradient" else 2
    arrays = designs * runs * (spec.problem.dimension * per_parameter + 4 * spec.problem.measurements)
    metrics = len(chosen_metrics(spec.record.metrics))
    ring = 2 * 8 * ring_points(designs * runs, metrics) * metrics * designs * runs
    return copies * designs * design_bytes(spec) + arrays * _width(spec) + ring


def ring_points(runs: int, metrics: int) -> int:
    """Recorded steps that fit into the ring of a batch: 4,096 of a small one, never fewer than 256."""
    return max(256, min(4096, RING_BYTES // (8 * runs * metrics)))


def _width(spec: ExperimentSpec) -> int:
    return 8 if spec.precision == "float64" else 4
