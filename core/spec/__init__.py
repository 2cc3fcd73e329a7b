"""What can be asked: the typed, frozen, hashed description of an experiment and its cells."""

from core.spec.cells import Cell, cells_at, expand, parse_spec
from core.spec.cost import batch_seconds
from core.spec.digest import NUMERICS_VERSION, canonical, device_kind, digest
from core.spec.errors import SpecError, SpecInvalid
from core.spec.experiment import GOLDEN_EXAMPLE, ExperimentSpec
from core.spec.metrics import METRICS, Metric, chosen_metrics, metric_names
from core.spec.outcome import Outcome, classify
from core.spec.plan import Batch, design_key, plan, ring_points
from core.spec.record import Detect, Record, Stop
from core.spec.rules import selected_rows
from core.spec.schedule import count_bound, recorded_steps
from core.spec.sweep import MAX_CELLS, Axis, Seeds, Sweep

__all__ = [
    "GOLDEN_EXAMPLE",
    "MAX_CELLS",
    "METRICS",
    "NUMERICS_VERSION",
    "Axis",
    "Batch",
    "Cell",
    "Detect",
    "ExperimentSpec",
    "Metric",
    "Outcome",
    "Record",
    "Seeds",
    "SpecError",
    "SpecInvalid",
    "Stop",
    "Sweep",
    "batch_seconds",
    "canonical",
    "cells_at",
    "chosen_metrics",
    "classify",
    "count_bound",
    "design_key",
    "device_kind",
    "digest",
    "expand",
    "metric_names",
    "parse_spec",
    "plan",
    "recorded_steps",
    "ring_points",
    "selected_rows",
]
