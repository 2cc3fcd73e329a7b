"""Models with a leading batch of runs: parameters, forward and gradient."""

from core.models.linear import LinearBatch, linear_batch
from core.models.maps import DenseMap, EntriesMap, Map, RankOneMap

__all__ = ["DenseMap", "EntriesMap", "LinearBatch", "Map", "RankOneMap", "linear_batch"]
