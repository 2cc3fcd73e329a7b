"""Training: one engine for one run and for many, which talks to the outside through three small ports."""

from core.training.loop import train
from core.training.ports import Checkpoints, Control, Ending, Frame, Pace, Recorder, Result, Signal, Vectors
from core.training.provenance import provenance

__all__ = [
    "Checkpoints",
    "Control",
    "Ending",
    "Frame",
    "Pace",
    "Recorder",
    "Result",
    "Signal",
    "Vectors",
    "provenance",
    "train",
]
