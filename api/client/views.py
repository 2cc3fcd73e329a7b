"""What a client shows of the service's resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

DeliveryState: TypeAlias = Literal["pending", "delivered", "failed"]

TERMINAL = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an experiment is.

    Attributes:
        progress: from 0 to 1.
        warnings: what of its spec the user may not have meant.
    """

    id: str
    name: str | None
    state: str
    counts: Mapping[str, int]
    progress: float
    eta_seconds: float | None
    warnings: Sequence[str] = ()

    @property
    def terminal(self) -> bool:
        """Whether every run has ended."""
        return self.state in TERMINAL


@dataclass(frozen=True, slots=True)
class RunView:
    """What is shown of a run."""

    id: str
    state: str
    outcome: str | None
    cause: str | None
    message: str | None
    step: int
    steps: int
    steps_per_second: float | None
    t1: int | None
    t2: int | None
    delay: int | None
    final: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class VerificationView:
    """A run that is trained once more, in an experiment of its own, and how far both trainings agree.

    Attributes:
        verdict: equal, within_tolerance, differs or superseded; None until it has succeeded.
        largest_at, first: `metric` and `step` of the largest difference, and of the first one beyond the
            tolerance.
    """

    id: str
    run_id: str
    experiment_id: str
    state: str
    verdict: str | None
    tolerance: float | None
    largest: float | None
    largest_at: Mapping[str, Any] | None
    first: Mapping[str, Any] | None


def verification_view(data: Mapping[str, Any]) -> VerificationView:
    """Of what the service tells of a verification."""
    experiment = data["links"]["experiment"].rpartition("/")[2]
    return pick(VerificationView, {**data, "experiment_id": experiment})


def pick(kind: type[T], data: Mapping[str, Any]) -> T:
    """The fields that the dataclass has; answers may hold more."""
    return kind(**{field.name: data[field.name] for field in fields(kind) if field.name in data})
