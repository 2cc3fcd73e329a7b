"""The Dockerfile as a list of stages, each with its instructions."""

import re
import shlex
from dataclasses import dataclass, field

from tests.deploy.compose import ROOT

FILE = ROOT / "Dockerfile"


@dataclass(frozen=True)
class Stage:
    """One build stage: what it starts from, and its instructions as (name, arguments)."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """The arguments of every such instruction."""
        return [arguments for found, arguments in self.instructions if found == name]

    def last(self, name: str) -> str:
        """The arguments of the instruction that wins."""
        return self.all(name)[-1]

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        pairs = [pair for arguments in self.all("ENV") for pair in shlex.split(arguments)]
        return dict(pair.split("=", 1) for pair in pairs)


def stages() -> dict[str, Stage]:
    """Every stage by its name, in order."""
    found: dict[str, Stage] = {}
    lines = [line for line in FILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        name, _, arguments = line.strip().partition(" ")
        if name == "FROM":
            match = re.fullmatch(r"(\S+) AS (\S+)", arguments)
            assert match, line
            current = found[match[2]] = Stage(match[2], match[1])
        else:
            current.instructions.append((name, " ".join(arguments.split())))
    return found


def lineage(name: str) -> list[Stage]:
    """The stage and those that it starts from."""
    found = stages()
    line = [found[name]]
    while line[-1].base in found:
        line.append(found[line[-1].base])
    return line
