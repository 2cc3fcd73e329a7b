"""The event-driven engine of the lasso: any step at once between two changes of the active set."""

from core.training.linear.jump.engine import ExactJump

__all__ = ["ExactJump"]
