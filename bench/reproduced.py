"""The page of figures that were tried out: times, verdicts and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.document import replace_table


@dataclass(frozen=True, slots=True)
class Tried:
    """A figure that was tried out.

    Attributes:
        seconds: from the request to the end of its last run, wall time.
        verdict: as the service answers it.
        picture: a PNG of all panels.
    """

    id: str
    title: str
    scale: str
    runs: int
    seconds: float
    verdict: Mapping[str, Any]
    picture: bytes

    @property
    def claims(self) -> Sequence[Mapping[str, Any]]:
        """Those of the verdict."""
        found: Sequence[Mapping[str, Any]] = self.verdict["claims"]
        return found

    @property
    def share(self) -> str:
        """How many of them pass, in words."""
        return f"{sum(claim['passed'] for claim in self.claims)} of {len(self.claims)}"

    @property
    def passed(self) -> bool:
        """Whether every claim passes."""
        return all(claim["passed"] for claim in self.claims)


def write_page(page: Path, machine: str, processes: int, tried: Sequence[Tried]) -> None:
    """Puts them between the marks of the page, and their pictures into the folder of its name beside it."""
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    for one in tried:
        (folder / f"figure-{one.id}.png").write_bytes(one.picture)
    published = [one for one in tried if one.scale == "paper"]
    minutes = sum(one.seconds for one in published) / 60
    head = (
        f"{datetime.now(UTC).date().isoformat()}. {machine}\n\n{processes} worker processes. "
        f"At the published scale {len(published)} figures took {minutes:.0f} minutes in all."
    )
    table = ["| figure | scale | runs | time | claims that pass |", "|---|---|---|---|---|"]
    table += [
        f"| [{one.id}](#figure-{one.id}) | {one.scale} | {one.runs:,} | {_time(one.seconds)} | {one.share} |"
        for one in tried
    ]
    sections = [_section(folder.name, one) for one in tried]
    text = "\n\n".join([head, "\n".join(table), *sections])
    page.write_text(replace_table(page.read_text(encoding="utf-8"), text), encoding="utf-8")


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _section(folder: str, one: Tried) -> str:
    rows = ["| claim | what | expected | measured | verdict |", "|---|---|---|---|---|"]
    for claim in one.claims:
        verdict = "pass" if claim["passed"] else f"**fail** {claim['note'] or ''}".rstrip()
        measured = claim["measured"]
        shown = f"{measured:.6g}" if isinstance(measured, float) else measured
        cells = (claim["id"], claim["claim"], claim["expected"], shown, verdict)
        # A bar would end the cell.
        rows.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    picture = f"![Figure {one.id}: {one.title}]({folder}/figure-{one.id}.png)"
    said = f"{one.title}; {one.scale} scale."
    return "\n\n".join([f"### Figure {one.id}", said, picture, "\n".join(rows)])
