"""The sheet of a figure: its panels, each with the runs of an experiment that stand in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

from core.figures.draw import Plate, typeset, wording
from core.figures.figure import Figure, ScaleName
from core.figures.panel import Panel
from core.figures.plating.curves import run_plate, sweep_plate
from core.figures.plating.groups import Coloured, R, coloured, even_choice
from core.figures.plating.paths import trajectory_plate
from core.figures.plating.points import scaling_plate
from core.figures.plating.source import Recordings
from core.figures.plating.tables import matrix_plate, share_plate
from core.figures.plating.values import STEPS
from core.figures.plating.vectors import vectors_plate

_LAWS = (*STEPS, "theory.t1", "theory.delay")
"""What theory has power laws of."""
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Shown(Generic[R]):
    """A panel with its runs, of which there is one at least, in cell order."""

    panel: Panel
    runs: Coloured[R]

    @property
    def every(self) -> list[R]:
        """All of its runs, colour by colour."""
        return [run for _, members in self.runs.groups for run in members]

    @property
    def read(self) -> list[R]:
        """The runs whose recordings are in it."""
        match self.panel.kind:
            case "components":
                return self.every[:1]
            case "curves" | "trajectory":
                return even_choice(self.runs)
            case _:
                return []

    def plate(self, recordings: Recordings[R]) -> Plate:
        """The numbers in the panel."""
        panel, title, notes = self.panel, typeset(self.panel.title), self._notes()
        values = "y" in panel.log
        y = panel.y[0] if panel.y else None
        match panel.kind:
            case "curves" if len(self.every) == 1:
                return run_plate(self.every[0], panel.y, recordings, title, notes, logarithmic=values)
            case "curves":
                return sweep_plate(self.runs, panel.y, recordings, title, notes, logarithmic=values)
            case "components":
                cut = [f"1 of {len(self.every):,} runs is drawn"] if len(self.every) > 1 else []
                run, metric = self.every[0], panel.y[0]
                return vectors_plate(run, metric, recordings, title, [*notes, *cut], logarithmic=values)
            case "trajectory":
                return trajectory_plate(
                    self.runs, panel.x[0], panel.y[0], recordings, title, notes, panel.log
                )
            case "scaling":
                strata = self._stratum if panel.y[0] in _LAWS else None
                return scaling_plate(
                    self.runs, panel.x, panel.y[0], title, notes, log=panel.log, strata=strata
                )
            case "matrix":
                return matrix_plate(self.every, panel.x[0], y, _value(panel), title, notes)
            case "phase":
                return share_plate(self.every, panel.x[0], y, _value(panel), title, notes)

    def _stratum(self, run: R) -> str:
        """Runs of one seed and colour share a prefactor, unless the colour is in x."""
        axis = self.panel.color
        colour = None if axis is None or axis in self.panel.x else run.at(axis)
        return json.dumps([run.seed, colour], sort_keys=True)

    def _notes(self) -> list[str]:
        """The settings that all runs share, where the title does not say so."""
        fixed = {
            pointer: value for pointer, value in self.panel.where.items() if not isinstance(value, tuple)
        }
        axis, groups = self.runs.axis, self.runs.groups
        if axis is not None and len(groups) == 1 and self.panel.color not in fixed:
            fixed[axis] = groups[0][0]
        return [
            wording.equation(pointer, value)
            for pointer, value in fixed.items()
            if not _says(typeset(self.panel.title), pointer, value)
        ]


def shown(figure: Figure, scale: ScaleName, runs: Sequence[R]) -> list[Shown[R]]:
    """The panels of that scale in which some of the runs stand, in the figure's order.

    Args:
        runs: in cell order.
    """
    panels = [panel for panel in figure.panels if scale in panel.scales]
    placed = [(panel, [run for run in runs if run.place.within(panel.where)]) for panel in panels]
    return [Shown(panel, coloured(mine, panel.color)) for panel, mine in placed if mine]


def sheet_title(figure: Figure, scale: ScaleName, differing: Sequence[str] = ()) -> str:
    """What stands over all panels, in plain characters.

    Args:
        differing: pointers at which the experiment that is drawn differs from the figure's.
    """
    title = f"Figure {figure.id}: {figure.title} ({scale} scale)"
    if not differing:
        return title
    more = ", ..." if len(differing) > _MOST_NAMED else ""
    return f"{title}; not its own experiment, which differs at {', '.join(differing[:_MOST_NAMED])}{more}"


def _says(title: str, pointer: str, value: Any) -> bool:
    return (wording.setting(value) if isinstance(value, str) else wording.equation(pointer, value)) in title


def _value(panel: Panel) -> str:
    if panel.value is None:
        raise ValueError(f"a panel of the kind {panel.kind} needs a value. Panel {panel.id} has none.")
    return panel.value
