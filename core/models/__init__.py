"""Models with a leading batch of runs: parameters, forward and gradient."""

from core.models.derivatives import Chain, add_jacobian_gradient
from core.models.linear import LinearBatch, linear_batch
from core.models.maps import DenseMap, EntriesMap, Map, RankOneMap
from core.models.network import Network, PairNetwork, Perceptron, make_network, views

__all__ = [
    "Chain",
    "DenseMap",
    "EntriesMap",
    "LinearBatch",
    "Map",
    "Network",
    "PairNetwork",
    "Perceptron",
    "RankOneMap",
    "add_jacobian_gradient",
    "linear_batch",
    "make_network",
    "views",
]
