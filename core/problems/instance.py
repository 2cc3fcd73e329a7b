"""One drawn instance of a problem: what is measured, what is to be found, what it is tested on."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from core.problems.operators import Dense, Entries, Numbers, Operator, RankOne


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Test data that a model is judged by where nobody knows the true parameters.

    Attributes:
        operator: the map of the test inputs.
        targets: shape (N',).
    """

    operator: Dense
    targets: Numbers


@dataclass(frozen=True, slots=True)
class Instance:
    """y = X a* + noise, in float64 or complex128.

    Attributes:
        operator: the map X from parameters to measurements.
        targets: y. Shape (N,).
        true_parameters: a*, or A*; None where nobody knows them. Shape `operator.shape`.
        held_out: test data, where true parameters are missing.
    """

    operator: Operator
    targets: Numbers
    true_parameters: Numbers | None
    held_out: HeldOut | None = None

    @property
    def design(self) -> Numbers:
        """X of a problem on vectors. Shape (N, n). Raises TypeError for one on matrices."""
        if not isinstance(self.operator, Dense):
            raise TypeError(f"{type(self.operator).__name__} has no design matrix")
        return self.operator.design

    @property
    def truth(self) -> Numbers:
        """a* where it is known. Raises ValueError where it is not."""
        if self.true_parameters is None:
            raise ValueError("the true parameters of this instance are not known")
        return self.true_parameters


def arrays(instance: Instance) -> dict[str, NDArray[Any]]:
    """The data of an instance by name, to be kept in a file; complex ones as their parts `.re` and `.im`."""
    found: dict[str, NDArray[Any]] = {"targets": instance.targets}
    match instance.operator:
        case Dense(design=design):
            found["design"] = design
        case Entries(size=size, places=places):
            found["rows"], found["columns"] = places // size[1], places % size[1]
        case RankOne(left=left, right=right):
            found["left"], found["right"] = left, right
    if instance.true_parameters is not None:
        found["true_parameters"] = instance.true_parameters
    if instance.held_out is not None:
        found["test_inputs"] = instance.held_out.operator.design
        found["test_targets"] = instance.held_out.targets
    return {part: array for name, whole in found.items() for part, array in _parts(name, whole)}


def _parts(name: str, array: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    if array.dtype.kind == "c":
        return [(f"{name}.re", array.real.copy()), (f"{name}.im", array.imag.copy())]
    return [(name, array)]
