"""How a command fails: one or more plain lines and an exit code, never a traceback."""

from collections.abc import Sequence

FAILED, MISUSED, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


class Trouble(Exception):
    """Ends the command with these lines on stderr and this exit code."""

    def __init__(self, *lines: str, code: int = FAILED) -> None:
        self.lines: Sequence[str] = lines
        self.code = code
        super().__init__("; ".join(lines))
