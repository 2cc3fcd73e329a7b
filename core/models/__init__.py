"""Models with a leading batch of runs: parameters, forward and gradient."""

from core.models.linear import LinearBatch

__all__ = ["LinearBatch"]
