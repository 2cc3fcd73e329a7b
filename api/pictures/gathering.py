"""From a question to plates: the kind that fits, what its picture depends on, and the numbers in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.errors import Conflict
from api.pictures.question import Kind, Question
from api.pictures.run_plates import curves_plate, vector_plates
from api.pictures.subject import Subject, with_finer
from api.pictures.sweep_plates import (
    drawn_runs,
    matrix_plate,
    phase_plate,
    scaling_plate,
    sweep_plate,
)
from core.figures.draw import Plate
from core.store import Database, Reach, reaches


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is going to be drawn: all that the picture depends on is in `told`."""

    db: Database
    subject: Subject
    asked: Question
    kind: Kind
    found: Mapping[int, Reach]

    @property
    def told(self) -> list[object]:
        """Changes whenever the picture may."""
        return [
            self.kind,
            self.subject.name,
            [run.told() for run in self.subject.runs],
            [(recording, *reach.mark) for recording, reach in self.found.items()],
        ]

    def plates(self) -> Sequence[Plate]:
        """The panels with their numbers, read from the store."""
        subject, asked = self.subject, replace(self.asked, kind=self.kind)
        match self.kind:
            case "curves" if len(subject.runs) == 1:
                reach = self.found[subject.runs[0].recording_id]
                return [curves_plate(self.db, subject, reach, asked)]
            case "curves":
                return [sweep_plate(self.db, subject, self.found, asked)]
            case "scaling":
                return [scaling_plate(subject, asked)]
            case "matrix":
                return [matrix_plate(subject, asked)]
            case "phase":
                return [phase_plate(subject, asked)]
            case "components" | "singular_values":
                return vector_plates(self.db, subject, self.found, asked)


def gather(db: Database, subject: Subject, asked: Question) -> Gathered:
    """Settles what is to be drawn and asks how far the runs are whose series are in it.

    Raises InvalidRequest where the question does not fit, Conflict where there are no runs.
    """
    if not subject.runs:
        raise Conflict("the experiment has no runs to draw")
    kind = asked.kind or fitting_kind(subject)
    asked.check(kind)
    over_axes = kind in ("scaling", "matrix", "phase")
    if over_axes:
        subject = with_finer(db, subject)
    runs = [] if over_axes else subject.runs
    if kind == "curves":
        runs = drawn_runs(subject, asked)
    with db.read() as conn:
        found = reaches(conn, [run.recording_id for run in runs])
    return Gathered(db, subject, asked, kind, found)


def fitting_kind(subject: Subject) -> Kind:
    """The picture that the axes call for: curves of one run and of up to one axis, a matrix over more."""
    return "curves" if len(subject.runs) == 1 or len(subject.axes) < 2 else "matrix"
