"""What can be asked: the typed, frozen, hashed description of an experiment and its cells."""

from core.spec.catalogue import METRICS, Metric
from core.spec.cells import Cell, cells_at, expand, parse_spec
from core.spec.cost import batch_seconds
from core.spec.digest import NUMERICS_VERSION, canonical, device_kind, digest
from core.spec.engine import EngineKind, compilable, engine_of
from core.spec.errors import SpecError, SpecInvalid
from core.spec.examples import EXAMPLES, GOLDEN_EXAMPLE
from core.spec.experiment import ExperimentSpec
from core.spec.extension import Extension, Going, end_of, ends_by, is_unseen, lengthened, parse_extension
from core.spec.kinds import models_of
from core.spec.layers import Layer, dimensions, layers_of, penalised, slices
from core.spec.method import GradientMethod
from core.spec.metrics import (
    available_metrics,
    chosen_metrics,
    chosen_vectors,
    has_test,
    is_vector_metric,
    metric_names,
    metric_of,
    metric_pattern,
    split_name,
    vector_names,
    vector_widths,
)
from core.spec.names import did_you_mean, one_of
from core.spec.outcome import Outcome, classify
from core.spec.plan import Batch, design_key, design_keys, parameter_count, plan, ring_points
from core.spec.record import Detect, Record, Stop
from core.spec.refinement import Refinement, parse_refinement
from core.spec.rules import broken_rules, selected_rows
from core.spec.schedule import count_bound, parameter_steps, recorded_steps
from core.spec.short import is_short
from core.spec.sweep import MAX_CELLS, Axis, Seeds, Sweep
from core.spec.uploaded import Arrays, Labels, Uploaded, Uploads, named_datasets
from core.spec.work import MAX_EXACT_WORK, affordable, decomposition_work

__all__ = [
    "EXAMPLES",
    "GOLDEN_EXAMPLE",
    "MAX_CELLS",
    "MAX_EXACT_WORK",
    "METRICS",
    "NUMERICS_VERSION",
    "Arrays",
    "Axis",
    "Batch",
    "Cell",
    "Detect",
    "EngineKind",
    "ExperimentSpec",
    "Extension",
    "Going",
    "GradientMethod",
    "Labels",
    "Layer",
    "Metric",
    "Outcome",
    "Record",
    "Refinement",
    "Seeds",
    "SpecError",
    "SpecInvalid",
    "Stop",
    "Sweep",
    "Uploaded",
    "Uploads",
    "affordable",
    "available_metrics",
    "batch_seconds",
    "broken_rules",
    "canonical",
    "cells_at",
    "chosen_metrics",
    "chosen_vectors",
    "classify",
    "compilable",
    "count_bound",
    "decomposition_work",
    "design_key",
    "design_keys",
    "device_kind",
    "did_you_mean",
    "digest",
    "dimensions",
    "end_of",
    "ends_by",
    "engine_of",
    "expand",
    "has_test",
    "is_short",
    "is_unseen",
    "is_vector_metric",
    "layers_of",
    "lengthened",
    "metric_names",
    "metric_of",
    "metric_pattern",
    "models_of",
    "named_datasets",
    "one_of",
    "parameter_count",
    "parameter_steps",
    "parse_extension",
    "parse_refinement",
    "parse_spec",
    "penalised",
    "plan",
    "recorded_steps",
    "ring_points",
    "selected_rows",
    "slices",
    "split_name",
    "vector_names",
    "vector_widths",
]
