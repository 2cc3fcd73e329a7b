"""Own data, inline in the spec: a problem like the drawn ones."""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from core.spec.base import Real, SpecModel
from core.spec.errors import SpecError

MAX_NUMBERS = 50_000
"""Numbers that inline arrays may have in all."""

MAX_CLASSES = 1000
DIGITS, DIGITS_DIMENSION, DIGITS_CLASSES = 1797, 64, 10
DIGITS_TEST_FRACTION = 0.5

Datum = Annotated[Real, Field(ge=-1e100, le=1e100)]
"""Its square is still a float."""
LEAST = 1e-100
"""Numbers other than 0 are at least of this size, for the same reason."""
Vector = Annotated[tuple[Datum, ...], Field(min_length=1, max_length=MAX_NUMBERS)]
Matrix = Annotated[tuple[Vector, ...], Field(min_length=1, max_length=MAX_NUMBERS)]


class Dataset(SpecModel):
    """Learn from own data, or from a built-in data set.

    `regression`: N inputs (rows x_k of a design X) of n numbers, and their targets y_k. Of linear models the
    test error is the distance to `true_parameters`, or else the relative residual on test data (given, or
    split off by `test_fraction`); with none of them there is nothing to test on, and no t2.
    `classification` (networks): targets are classes 0, 1, ....
    `builtin: "digits"`: 1,797 images of handwritten digits, 8 x 8 pixels from 0 to 1, in 10 classes.
    """

    kind: Literal["dataset"] = Field(description="the problem")
    task: Literal["regression", "classification"] = Field(
        default="regression",
        description="whether targets are numbers or classes; digits are classification",
    )
    builtin: Literal["digits"] | None = Field(
        default=None,
        description="a data set that is there already, in place of inputs and targets",
        examples=["digits"],
    )
    inputs: Matrix | None = Field(
        default=None,
        description="N rows of n numbers each; all arrays together at most 50,000 numbers",
        examples=[[[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]],
    )
    targets: Vector | None = Field(
        default=None, description="N numbers, or classes from 0 on", examples=[[1.0, 2.0]]
    )
    true_parameters: Vector | None = Field(
        default=None, description="n numbers a*, where they are known", examples=[[1.0, 2.0, 0.0]]
    )
    test_inputs: Matrix | None = Field(
        default=None, description="rows of n numbers to test on", examples=[[[0.0, 1.0, 1.0]]]
    )
    test_targets: Vector | None = Field(default=None, description="their targets", examples=[[0.5]])
    test_fraction: Annotated[Real, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="share of the inputs that is set aside to test on, drawn by the seed; by default 0.5 of "
        "digits",
        examples=[0.2],
    )

    @model_validator(mode="before")
    @classmethod
    def _builtin_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("builtin") is None:
            return data
        return {"task": "classification", "test_fraction": DIGITS_TEST_FRACTION, **data}

    @property
    def rows(self) -> int:
        """Number of inputs, those that are set aside included."""
        return DIGITS if self.builtin is not None else len(self.inputs or ())

    @property
    def dimension(self) -> int:
        """Numbers n of one input."""
        return DIGITS_DIMENSION if self.builtin is not None else len((self.inputs or ((),))[0])

    @property
    def outputs(self) -> int:
        """Numbers that a network gives for one input: one, or one for each class."""
        if self.task == "regression":
            return 1
        if self.builtin is not None:
            return DIGITS_CLASSES
        return int(max((*(self.targets or ()), *(self.test_targets or ()), 1.0))) + 1

    @property
    def train_rows(self) -> int:
        """Number N of inputs that are trained on."""
        return self.measurements

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameters, (n,)."""
        return (self.dimension,)

    @property
    def measurements(self) -> int:
        """Number N of inputs that are trained on."""
        return self.rows - self.held_out

    @property
    def held_out(self) -> int:
        """Number of the inputs that are set aside to test on."""
        return round((self.test_fraction or 0.0) * self.rows)

    @property
    def test_rows(self) -> int:
        """Number of inputs that are tested on, given or set aside."""
        return self.held_out if self.test_inputs is None else len(self.test_inputs)

    @property
    def complex(self) -> bool:
        """Whether designs and parameters are complex: never."""
        return False

    @property
    def seeded(self) -> bool:
        """Whether the data depend on the seed, which draws the split alone."""
        return self.test_fraction is not None

    @property
    def test(self) -> Literal["truth", "data"] | None:
        """What test_error compares with."""
        if self.true_parameters is not None:
            return "truth"
        return "data" if self.test_inputs is not None or self.test_fraction is not None else None

    @cached_property
    def content(self) -> str:
        """SHA-256 of the arrays, so that their digest is taken once."""
        text = json.dumps(self.model_dump(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def __hash__(self) -> int:
        return hash(self.content)

    def identity(self) -> dict[str, Any]:
        """What determines the data, beside the seed, as JSON data."""
        return {"kind": self.kind, "content": self.content}

    @cached_property
    def faults(self) -> tuple[SpecError, ...]:
        """What does not fit together in the arrays, looked at once for all cells that share them."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[SpecError]:
        if self.builtin is not None:
            yield from self._builtin_faults()
            return
        for name in ("inputs", "targets"):
            if getattr(self, name) is None:
                yield SpecError(f"/problem/{name}", "needed; or `builtin` in place of inputs and targets")
        if self.inputs is None or self.targets is None:
            return
        numbers = self._numbers()
        if numbers > MAX_NUMBERS:
            yield SpecError(
                "/problem", f"at most {MAX_NUMBERS} numbers inline; these arrays have {numbers}", numbers
            )
            return
        yield from self._too_small()
        yield from _ragged("/problem/inputs", self.inputs, self.dimension)
        yield from _count("/problem/targets", self.targets, self.rows, "inputs")
        if self.true_parameters is not None:
            yield from _count(
                "/problem/true_parameters", self.true_parameters, self.dimension, "numbers in a row"
            )
        yield from self._test_faults()
        if self.task == "classification":
            yield from self._class_faults()

    def _builtin_faults(self) -> Iterator[SpecError]:
        for name in ("inputs", "targets", "true_parameters", "test_inputs", "test_targets"):
            if (given := getattr(self, name)) is not None:
                yield SpecError(f"/problem/{name}", f"null with builtin {self.builtin}", len(given))
        if self.task != "classification":
            yield SpecError("/problem/task", f"classification with builtin {self.builtin}", self.task)
        yield from self._fraction_faults()

    def _class_faults(self) -> Iterator[SpecError]:
        if self.true_parameters is not None:
            message = "null: classification has no true parameters"
            yield SpecError("/problem/true_parameters", message, len(self.true_parameters))
        for name in ("targets", "test_targets"):
            for place, number in enumerate(getattr(self, name) or ()):
                if not (number.is_integer() and 0 <= number < MAX_CLASSES):
                    message = f"a class, which is a whole number from 0 to {MAX_CLASSES - 1}"
                    yield SpecError(f"/problem/{name}/{place}", message, number)
                    break

    def _fraction_faults(self) -> Iterator[SpecError]:
        if self.test_fraction is not None and not 0 < self.held_out < self.rows:
            message = f"a share that leaves at least one of {self.rows} inputs on either side"
            yield SpecError("/problem/test_fraction", message, self.test_fraction)

    def _too_small(self) -> Iterator[SpecError]:
        for name in ("inputs", "test_inputs"):
            for place, row in enumerate(getattr(self, name) or ()):
                yield from _sized(f"/problem/{name}/{place}", row)
        for name in ("targets", "true_parameters", "test_targets"):
            yield from _sized(f"/problem/{name}", getattr(self, name) or ())

    def _test_faults(self) -> Iterator[SpecError]:
        given = {
            "true_parameters": self.true_parameters is not None,
            "test_inputs": self.test_inputs is not None,
            "test_fraction": self.test_fraction is not None,
        }
        named = [name for name, there in given.items() if there]
        if len(named) > 1:
            message = f"one way to test, not {' and '.join(named)} together"
            yield SpecError(
                f"/problem/{named[-1]}", message, self.test_fraction or len(self.test_inputs or ())
            )
        if (self.test_inputs is None) != (self.test_targets is None):
            name = "test_targets" if self.test_targets is None else "test_inputs"
            yield SpecError(f"/problem/{name}", "test_inputs and test_targets go together")
        elif self.test_inputs is not None and self.test_targets is not None:
            yield from _ragged("/problem/test_inputs", self.test_inputs, self.dimension)
            yield from _count(
                "/problem/test_targets", self.test_targets, len(self.test_inputs), "test_inputs"
            )
        yield from self._fraction_faults()

    def _numbers(self) -> int:
        matrices = (self.inputs or (), self.test_inputs or ())
        vectors = (self.targets or (), self.true_parameters or (), self.test_targets or ())
        return sum(len(row) for matrix in matrices for row in matrix) + sum(map(len, vectors))


def _sized(pointer: str, vector: tuple[float, ...]) -> Iterator[SpecError]:
    for place, number in enumerate(vector):
        if 0 < abs(number) < LEAST:
            yield SpecError(f"{pointer}/{place}", f"0, or of size at least {LEAST:g}", number)
            return


def _ragged(pointer: str, matrix: tuple[tuple[float, ...], ...], width: int) -> Iterator[SpecError]:
    for place, row in enumerate(matrix):
        if len(row) != width:
            message = f"{width} numbers, as in the first row of inputs; this row has {len(row)}"
            yield SpecError(f"{pointer}/{place}", message, len(row))
            return


def _count(pointer: str, vector: tuple[float, ...], count: int, of: str) -> Iterator[SpecError]:
    if len(vector) != count:
        yield SpecError(pointer, f"{count} numbers, as there are {of}; got {len(vector)}", len(vector))
