"""Exact minimisers of the objectives, beside which the gradient methods are set. NumPy and SciPy."""

from core.convex.exact import reference
from core.convex.splitting import NotConverged

__all__ = ["NotConverged", "reference"]
