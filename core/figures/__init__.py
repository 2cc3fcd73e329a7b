"""The figures of the paper as recipes with verdicts, and pictures as a paper would show them."""

from core.figures.claim import Claim, Expected
from core.figures.evidence import Run, Track, Unmeasurable
from core.figures.figure import SCALES, Figure, Place, Scale, ScaleName
from core.figures.origin import figure_of, scale_of
from core.figures.panel import Panel
from core.figures.recipes import BY_ID, FIGURES
from core.figures.verdict import Candidate, Judged, differences, judge, share

__all__ = [
    "BY_ID",
    "FIGURES",
    "SCALES",
    "Candidate",
    "Claim",
    "Expected",
    "Figure",
    "Judged",
    "Panel",
    "Place",
    "Run",
    "Scale",
    "ScaleName",
    "Track",
    "Unmeasurable",
    "differences",
    "figure_of",
    "judge",
    "scale_of",
    "share",
]
