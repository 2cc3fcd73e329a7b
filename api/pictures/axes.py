"""The axes of an experiment in a picture: which there are, and which go where."""

from collections.abc import Sequence
from dataclasses import replace

from api.pictures.question import Question, refused
from api.pictures.subject import Subject
from api.sweeps.quantities import field_of
from core.figures.plating import product


def in_fields(subject: Subject, asked: Question) -> Question:
    """The question with the fields that its symbols stand for, as the analysis takes them."""
    spec = subject.runs[0].spec

    def fields(name: str, text: str | None) -> str | None:
        terms = [] if text is None else text.split("*")
        return "*".join(field_of(term.strip(), name, subject.swept, spec) for term in terms) or None

    return replace(
        asked, x=fields("x", asked.x), y=fields("y", asked.y), colour=fields("colour", asked.colour)
    )


def plane(subject: Subject, asked: Question) -> tuple[str, str]:
    """The axes of a matrix or map: those that were asked for, and of the others the first ones, as analyses.

    Raises InvalidRequest for what is no axis, and where there are fewer than two.
    """
    known = [*subject.axes, *(path for path in subject.swept if path not in subject.axes)]
    for name, path in (("x", asked.x), ("y", asked.y)):
        if path is not None and path != "seed" and path not in known:
            raise refused(name, f"one of {axis_choices([*known, 'seed'])}", path)
    free = [path for path in [*subject.axes, "seed"] if path not in (asked.x, asked.y)]
    x = asked.x or (free[0] if free else "seed")
    y = asked.y or next((path for path in free if path != x), "seed")
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
    swept = [path for path in subject.axes if product(run, [path]) is not None]
    strengths = [path for path in swept if path.startswith("/regularization/")]
    if not strengths:
        strengths = [f"/regularization/{name}" for name in ("l1", "nuclear")]
        strengths = [path for path in strengths if product(run, [path])]
    rate = "/optimizer/learning_rate"
    if strengths and product(run, [rate]) and (not swept or {rate, *strengths} & set(swept)):
        return f"{rate}*{strengths[0]}"
    if not swept:
        raise refused("x", "the JSON pointer of a number that is swept; this experiment sweeps none", None)
    return swept[0]


def colour_axis(subject: Subject, asked: Question) -> str | None:
    """The axis that colours curves: the one asked for, else a strength where one is swept, else the first.

    Raises InvalidRequest for what is no axis.
    """
    if asked.colour is not None:
        if asked.colour != "seed" and asked.colour not in subject.swept:
            raise refused("colour", f"one of {axis_choices([*subject.swept, 'seed'])}", asked.colour)
        return asked.colour
    strengths = [path for path in subject.axes if path.startswith("/regularization")]
    return next(iter([*strengths, *subject.axes]), None)
