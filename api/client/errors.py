"""What goes wrong between a client and the service."""

from dataclasses import dataclass
from typing import Any


class Unreachable(Exception):
    """Nothing that speaks HTTP answers at the address."""


class BadToken(ValueError):
    """What was given as the secret of a token cannot be one; the message does not show it."""


class MissingPackage(ImportError):
    """The form that was asked for needs a package that is not installed; `name` is the package."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request."""

    pointer: str
    message: str
    value: Any = None


class Refused(Exception):
    """The service answered with an error (problem+json).

    Attributes:
        retry_after: seconds after which the service wants to be asked again; None where it did not say.
    """

    def __init__(
        self, status: int, detail: str, faults: tuple[Fault, ...] = (), retry_after: float | None = None
    ) -> None:
        self.status, self.detail, self.faults, self.retry_after = status, detail, faults, retry_after
        super().__init__(detail)
