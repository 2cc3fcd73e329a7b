"""The tensors of a batch as compiled code takes them. Imports the compiler: only for batches that need it."""

import numpy as np
import torch
from numpy.typing import NDArray

from core.kernels.matrices import MatrixRuns
from core.kernels.measured import Measured
from core.kernels.vectors import VectorRuns
from core.models import DenseMap, EntriesMap, LinearBatch, Map, RankOneMap
from core.training.layout import Layout
from core.training.linear.compiled import Runs
from core.training.linear.data import BatchData

Array = NDArray[np.float64]


def lay_out_runs(method: str, model: LinearBatch, data: BatchData, layout: Layout) -> Runs:
    """The runs of a batch that `serves` has said yes to."""
    norms = torch.stack((data.target_norm, data.test_norm))[..., 0].numpy()
    rates = (data.learning_rate, data.l2_squared, data.l1, data.nuclear)
    settings, levels = torch.stack(rates)[..., 0].numpy(), data.thresholds.numpy()
    truth = data.truth[:, 0].numpy() if data.truth is not None else None
    if isinstance(data.map, DenseMap):
        x, y = data.map.design.numpy(), data.map.targets[:, 0].numpy()
        runs = np.bincount(layout.group, minlength=layout.groups).tolist()
        return VectorRuns(method, len(model.factors), x, y, truth, norms, settings[:3], levels, runs)
    assert truth is not None, "matrix problems know what they have drawn"
    places = list(zip(layout.group.tolist(), layout.run.tolist(), strict=True))
    return MatrixRuns(method, _measured(model, data.map, truth, norms), settings, levels, places)


def _measured(model: LinearBatch, linear_map: Map, truth: Array, norms: Array) -> Measured:
    shape, groups = (model.shape[0], model.shape[1]), len(model.state)
    if isinstance(linear_map, RankOneMap):
        left, right = linear_map.left.numpy(), linear_map.right.numpy()
        none, targets = np.zeros((groups, 0)), linear_map.targets[:, 0].numpy()
        return Measured(shape, left, right, none, targets, truth, norms)
    assert isinstance(linear_map, EntriesMap), "the maps of matrices are entries or products"
    none = np.zeros((groups, 0, 0))
    mask, targets = linear_map.mask[:, 0].numpy(), linear_map.targets[:, 0].numpy()
    return Measured(shape, none, none, mask, targets, truth, norms)
