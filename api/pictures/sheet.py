"""Pictures of the figures of the paper: the panels that the runs of an experiment stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import Conflict
from api.pictures.question import Question, refused
from api.pictures.recordings import StoredRecordings
from api.pictures.subject import PictureRun, Subject
from core.figures import BY_ID, Figure, ScaleName, differences, figure_of, scale_of
from core.figures.draw import Plate
from core.figures.plating import Shown, sheet_title, shown


@dataclass(frozen=True, slots=True)
class Sheet:
    """A figure at one scale, its panels that have runs, and where the experiment differs from its own."""

    figure: Figure
    scale: ScaleName
    panels: Sequence[Shown[PictureRun]]
    differing: Sequence[str]

    @property
    def title(self) -> str:
        """What stands over all panels."""
        return sheet_title(self.figure, self.scale, self.differing)

    @property
    def read(self) -> list[PictureRun]:
        """The runs whose recordings are in some panel, in cell order."""
        found = {run.cell: run for panel in self.panels for run in panel.read}
        return [found[cell] for cell in sorted(found)]

    def plates(self, recordings: StoredRecordings) -> list[Plate]:
        """A plate a panel, in the figure's order."""
        return [panel.plate(recordings) for panel in self.panels]


def made_from(subject: Subject) -> bool:
    """Whether the experiment was made from a figure of which it has a panel."""
    figure = figure_of(subject.tags)
    return figure is not None and bool(_sheet(subject, figure).panels)


def sheet_of(subject: Subject, asked: Question) -> Sheet:
    """The panels of the figure that was asked for, else of the one that the experiment was made from.

    Raises InvalidRequest where that is none, Conflict where none of its panels has a run.
    """
    figure = figure_of(subject.tags) if asked.figure is None else BY_ID.get(asked.figure)
    if figure is None and asked.figure is not None:
        raise refused("figure", f"one of {', '.join(BY_ID)}", asked.figure)
    if figure is None:
        made = "the experiment was made from none: no tag of it is figure: and such a number"
        raise refused("figure", f"the number of a figure of the paper, for {made}", None)
    found = _sheet(subject, figure)
    if not found.panels:
        raise Conflict(
            f"no run of the experiment stands where figure {figure.id} has one, at {found.scale} scale"
        )
    return found


def _sheet(subject: Subject, figure: Figure) -> Sheet:
    scale = scale_of(figure, subject.tags, [run.place for run in subject.runs])
    differing = differences(figure.scale(scale).parsed(), subject.spec)
    return Sheet(figure, scale, shown(figure, scale, subject.runs), differing)
