"""Rows of measurements, the bars that they are held against, and the table of all of them."""

from dataclasses import dataclass, field

HEAD = (
    "| work | Groklab | beside it | measured | bar | aim | cap | of the cap | met |\n"
    "|---|---|---|---|---|---|---|---|---|"
)
NONE = "-"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a measurement must reach, in the unit of its row.

    Attributes:
        bar: the least value, or with `at_most` the greatest.
        aim: what we would like.
        at_most: whether less is better.
    """

    bar: float
    aim: float | None = None
    at_most: bool = False

    def met(self, measured: float) -> bool:
        return measured <= self.bar if self.at_most else measured >= self.bar

    def words(self, unit: str) -> str:
        """As the table has it: 'at least 8 x'."""
        return f"{'at most' if self.at_most else 'at least'} {self.bar:g} {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement beside what it is held against.

    Attributes:
        work: what was done.
        ours, beside: figures of Groklab and of the baseline, in words.
        measured: what is held against the bar, in `unit`.
        bar: None where nothing is asked.
        cap: the most that the machine allows, in `unit`; None where nobody can say.
    """

    work: str
    ours: str
    beside: str
    measured: float
    unit: str = "x"
    bar: Bar | None = None
    cap: float | None = None

    def line(self) -> str:
        bar, cap = self.bar, self.cap
        cells = [
            self.work,
            self.ours,
            self.beside,
            f"{self.measured:.3g} {self.unit}",
            bar.words(self.unit) if bar else NONE,
            f"{bar.aim:g} {self.unit}" if bar and bar.aim is not None else NONE,
            f"{cap:.3g} {self.unit}" if cap else NONE,
            f"{100 * self.measured / cap:.0f} %" if cap else NONE,
            NONE if bar is None else "yes" if bar.met(self.measured) else "**no**",
        ]
        return f"| {' | '.join(cells)} |"

    def miss(self) -> str | None:
        """By how much the bar is missed, None where it is met or nothing is asked."""
        if self.bar is None or self.bar.met(self.measured):
            return None
        part = abs(self.measured / self.bar.bar - 1)
        off = f"{100 * part:.0f} % {'above' if self.bar.at_most else 'below'}"
        return (
            f"- {self.work}: {self.measured:.3g} {self.unit}, {off} the bar of {self.bar.bar:g} {self.unit}"
        )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Work that could not be measured here, and why."""

    work: str
    why: str

    def line(self) -> str:
        return f"| {self.work} | left out: {self.why} |{f' {NONE} |' * 7}"


Found = Row | LeftOut


@dataclass
class Report:
    """What one run has found, on one machine."""

    machine: str
    found: list[Found] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.found.append(found)

    def remarks(self) -> str:
        """The bars that are missed and by how much, in Markdown."""
        missed = [miss for found in self.found if isinstance(found, Row) and (miss := found.miss())]
        return "\n".join(["Missed bars:", "", *missed]) if missed else "No bar is missed."

    def text(self) -> str:
        """Machine, table and missed bars, in Markdown."""
        table = "\n".join([HEAD, *(found.line() for found in self.found)])
        return f"{self.machine}\n\n{table}\n\n{self.remarks()}"
