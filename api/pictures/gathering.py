"""From a question to plates: the kind that fits, what its picture depends on, and the numbers in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.errors import Conflict
from api.pictures.axes import in_fields
from api.pictures.kinds import Kind
from api.pictures.question import Question
from api.pictures.recordings import StoredRecordings
from api.pictures.run_plates import curves_plate, vector_plates
from api.pictures.sheet import Sheet, made_from, sheet_of
from api.pictures.subject import PictureRun, Subject, with_finer
from api.pictures.sweep_plates import (
    drawn_runs,
    matrix_plate,
    phase_plate,
    scaling_plate,
    sweep_plate,
)
from core.figures.draw import Plate
from core.store import Database, reaches


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is going to be drawn: all that the picture depends on is in `told`.

    Attributes:
        sheet: the panels, of kind `figure`.
    """

    subject: Subject
    asked: Question
    kind: Kind
    recordings: StoredRecordings
    sheet: Sheet | None

    @property
    def told(self) -> list[object]:
        """Changes whenever the picture may."""
        return [
            self.kind,
            self.subject.name,
            None if self.sheet is None else (self.sheet.figure.id, self.sheet.scale),
            [run.told() for run in self.subject.runs],
            [(recording, *reach.mark) for recording, reach in self.recordings.found.items()],
        ]

    @property
    def title(self) -> str:
        """What stands over all panels; nothing where each has its own alone."""
        return "" if self.sheet is None else self.sheet.title

    def plates(self) -> Sequence[Plate]:
        """The panels with their numbers, read from the store."""
        subject, asked = self.subject, replace(self.asked, kind=self.kind)
        match self.kind:
            case "curves" if len(subject.runs) == 1:
                return [curves_plate(self.recordings, asked)]
            case "curves":
                return [sweep_plate(self.recordings, asked)]
            case "scaling":
                return [scaling_plate(subject, asked)]
            case "matrix":
                return [matrix_plate(subject, asked)]
            case "phase":
                return [phase_plate(subject, asked)]
            case "components" | "singular_values":
                return vector_plates(self.recordings, asked)
            case "figure":
                assert self.sheet is not None
                return self.sheet.plates(self.recordings)


def gather(db: Database, subject: Subject, asked: Question) -> Gathered:
    """Settles what is to be drawn and asks how far the runs are whose series are in it.

    Raises InvalidRequest where the question does not fit, Conflict where there are no runs.
    """
    if not subject.runs:
        raise Conflict("the experiment has no runs to draw")
    kind = asked.kind or fitting_kind(subject, asked)
    asked.check(kind)
    asked = in_fields(subject, asked)
    if kind in ("scaling", "matrix", "phase"):
        subject = with_finer(db, subject)
    sheet = sheet_of(subject, asked) if kind == "figure" else None
    with db.read() as conn:
        found = reaches(conn, [run.recording_id for run in _read_runs(subject, asked, kind, sheet)])
    return Gathered(subject, asked, kind, StoredRecordings(db, subject, found), sheet)


def fitting_kind(subject: Subject, asked: Question) -> Kind:
    """The picture that is meant: of a figure's experiment the figure, where nothing else is asked for.

    Else what the axes call for: curves of one run and of up to one axis, a matrix over more.
    """
    if asked.figure is not None or (asked == Question() and made_from(subject)):
        return "figure"
    return "curves" if len(subject.runs) == 1 or len(subject.axes) < 2 else "matrix"


def _read_runs(subject: Subject, asked: Question, kind: Kind, sheet: Sheet | None) -> Sequence[PictureRun]:
    """The runs whose series are in the picture, in cell order."""
    match kind:
        case "figure":
            return [] if sheet is None else sheet.read
        case "curves":
            return sorted(drawn_runs(subject, asked), key=lambda run: run.cell)
        case "components" | "singular_values":
            return subject.runs
        case _:
            return []
