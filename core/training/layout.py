"""Where each member of a batch sits: a rectangle of designs times runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.spec import Cell, design_key


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots of a batch.

    Members may have a slot and not be trained: the shape of the products decides their rounding, and a
    resumed batch must compute the same bits as the one that was interrupted.

    Attributes:
        groups: number of designs G.
        runs: runs R of the design that has most.
        group: design of each member. Shape (B,).
        run: place of each member among the runs of its design. Shape (B,).
        active: positions of the members that are trained, in order.
    """

    groups: int
    runs: int
    group: NDArray[np.int64]
    run: NDArray[np.int64]
    active: tuple[int, ...]

    @property
    def slots(self) -> int:
        return self.groups * self.runs


def lay_out(cells: Sequence[Cell], active: Collection[int]) -> Layout:
    """Slots for members of a batch, in cell order; networks share no design and are one row."""
    if cells[0].spec.is_network:
        places = np.arange(len(cells))
        return Layout(1, len(cells), np.zeros_like(places), places, tuple(sorted(active)))
    designs: dict[str, int] = {}
    taken: list[int] = []
    group, run = [], []
    for cell in cells:
        g = designs.setdefault(design_key(cell.spec), len(designs))
        if g == len(taken):
            taken.append(0)
        group.append(g)
        run.append(taken[g])
        taken[g] += 1
    return Layout(len(designs), max(taken), np.array(group), np.array(run), tuple(sorted(active)))
