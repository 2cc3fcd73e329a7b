"""The axes of an experiment in a picture: which there are, which go where, and the runs along them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from api.answers import dumps
from api.pictures.question import Question, refused
from api.pictures.subject import PictureRun, Subject


class Setting(NamedTuple):
    """A value on an axis, which may be a whole object, as a key: `text` is its JSON."""

    text: bytes
    value: Any

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Setting) and self.text == other.text

    def __ne__(self, other: object) -> bool:
        return not self == other


def setting_of(subject: Subject, run: PictureRun, path: str | None) -> Setting:
    """What the run has on the axis; nothing on none."""
    value = None if path is None else subject.setting(run, path)
    return Setting(dumps(value), value)


def settings_on(subject: Subject, path: str | None) -> Iterator[tuple[PictureRun, Setting]]:
    """Every run with its setting on the axis."""
    return ((run, setting_of(subject, run, path)) for run in subject.runs)


def plane(subject: Subject, asked: Question) -> tuple[str, str]:
    """The axes of a matrix or map: those that were asked for, and of the others the first ones.

    Raises InvalidRequest for what is no axis, and where there are fewer than two.
    """
    known = [*subject.axes, *(path for path in subject.swept if path not in subject.axes)]
    for name, path in (("x", asked.x), ("y", asked.y)):
        if path is not None and path != "seed" and path not in known:
            raise refused(name, f"one of {axis_choices([*known, 'seed'])}", path)
    free = [path for path in [*subject.axes, "seed"] if path not in (asked.x, asked.y)]
    # The axis that comes last varies fastest, and has the width of the page.
    y = asked.y or (free[0] if free else "seed")
    x = asked.x or next((path for path in free if path != y), "seed")
    if x == y:
        raise refused("x" if asked.x else "y", "another axis than the other one", x)
    return x, y


def axis_choices(paths: Sequence[str]) -> str:
    """The axes that may be named, as a list in words."""
    return ", ".join(dict.fromkeys(paths)) or "none, for nothing is swept"


def scaling_factor(subject: Subject, asked: str | None) -> str:
    """What values are drawn against: alpha * beta where a strength is swept or set, else the first axis.

    Raises InvalidRequest where there is no number to draw against.
    """
    if asked is not None:
        return asked
    run = subject.runs[0]
    swept = [path for path in subject.axes if subject.numbers(run, path) is not None]
    strengths = [path for path in swept if path.startswith("/regularization/")]
    if not strengths:
        strengths = [f"/regularization/{name}" for name in ("l1", "nuclear")]
        strengths = [path for path in strengths if subject.numbers(run, path)]
    rate = "/optimizer/learning_rate"
    if strengths and subject.numbers(run, rate) and (not swept or {rate, *strengths} & set(swept)):
        return f"{rate}*{strengths[0]}"
    if not swept:
        raise refused("x", "the JSON pointer of a number that is swept; this experiment sweeps none", None)
    return swept[0]
