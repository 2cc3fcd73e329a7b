"""Pictures of runs, as a paper would show them."""

from core.figures.curves import Curves, draw_curves

__all__ = ["Curves", "draw_curves"]
