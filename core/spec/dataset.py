"""Own data, uploaded or inline in the spec: a problem like the drawn ones."""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, StringConstraints, ValidationInfo, model_validator

from core.spec.base import Real, SpecModel
from core.spec.errors import SpecError
from core.spec.uploaded import DATASET_ID, MAX_CLASSES, Uploaded, dataset_faults

MAX_NUMBERS = 50_000
"""Numbers that inline arrays may have in all."""

DIGITS, DIGITS_DIMENSION, DIGITS_CLASSES = 1797, 64, 10
DIGITS_TEST_FRACTION = 0.5

Datum = Annotated[Real, Field(ge=-1e100, le=1e100)]
"""Its square is still a float."""
LEAST = 1e-100
"""Numbers other than 0 are at least of this size, for the same reason."""
_ARRAYS = ("inputs", "targets", "true_parameters", "test_inputs", "test_targets")
_MATRICES = ("inputs", "test_inputs")
Vector = Annotated[tuple[Datum, ...], Field(min_length=1, max_length=MAX_NUMBERS)]
Matrix = Annotated[tuple[Vector, ...], Field(min_length=1, max_length=MAX_NUMBERS)]


class Dataset(SpecModel):
    """Learn from own data, uploaded before or given inline, or from a built-in data set.

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
    dataset: Annotated[str, StringConstraints(pattern=f"^{DATASET_ID}$")] | None = Field(
        default=None,
        description="id of an uploaded dataset, in place of the arrays; without bounds but those of uploads",
        examples=["ds_01k3v5m8h2x9q4c7r6t0y1z3ab"],
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
    _uploaded: Uploaded | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _builtin_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("builtin") is None:
            return data
        return {"task": "classification", "test_fraction": DIGITS_TEST_FRACTION, **data}

    @model_validator(mode="after")
    def _take_upload(self, info: ValidationInfo) -> Self:
        if self.dataset is not None and info.context is not None:
            self._uploaded = info.context.get(self.dataset, self._uploaded)
        return self

    def extents(self, name: str) -> tuple[int, ...] | None:
        """Shape of the array of that name; None where there is none."""
        if self.builtin is not None:
            return {"inputs": (DIGITS, DIGITS_DIMENSION), "targets": (DIGITS,)}.get(name)
        if self.dataset is not None:
            return None if self._uploaded is None else self._uploaded.shapes.get(name)
        given = getattr(self, name)
        if given is None:
            return None
        return (len(given), len(given[0])) if name in _MATRICES else (len(given),)

    def array(self, name: str) -> NDArray[np.float64] | None:
        """The array of that name, which must not be written to; None where there is none.

        Built-in data are not among them. Uploaded ones may be read from the database here.
        """
        if self._uploaded is not None:
            return self._uploaded.load().get(name)
        given = getattr(self, name)
        return None if given is None else np.array(given, dtype=np.float64)

    @property
    def rows(self) -> int:
        """Number of inputs, those that are set aside included."""
        return (self.extents("inputs") or (0,))[0]

    @property
    def dimension(self) -> int:
        """Numbers n of one input."""
        return (self.extents("inputs") or (0,))[-1]

    @property
    def outputs(self) -> int:
        """Numbers that a network gives for one input: one, or one for each class."""
        if self.task == "regression":
            return 1
        if self.builtin is not None:
            return DIGITS_CLASSES
        if self._uploaded is not None:
            return int(max(1.0, *(labels.largest for labels in self._uploaded.labels.values()))) + 1
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
        given = self.extents("test_inputs")
        return self.held_out if given is None else given[0]

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
        if self.extents("true_parameters") is not None:
            return "truth"
        tested = self.extents("test_inputs") is not None or self.test_fraction is not None
        return "data" if tested else None

    @cached_property
    def content(self) -> str:
        """SHA-256 of the arrays and of what is made of them, so that it is taken once."""
        told = self.model_dump(exclude={"dataset"})
        if self.dataset is not None:
            told["uploaded"] = None if self._uploaded is None else self._uploaded.content
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False)
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
        if self.dataset is not None or self.builtin is not None:
            yield from self._named_faults()
            return
        for name in ("inputs", "targets"):
            if getattr(self, name) is None:
                yield SpecError(
                    f"/problem/{name}", "needed; or a `dataset` or `builtin` in place of inputs and targets"
                )
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

    def _named_faults(self) -> Iterator[SpecError]:
        """Of a problem that names its data in place of arrays."""
        what = f"builtin {self.builtin}" if self.dataset is None else f"dataset {self.dataset}"
        if self.dataset is not None and self.builtin is not None:
            yield SpecError("/problem/builtin", f"null with {what}", self.builtin)
        for name in _ARRAYS:
            if (given := getattr(self, name)) is not None:
                yield SpecError(f"/problem/{name}", f"null with {what}", len(given))
        if self.dataset is not None:
            yield from dataset_faults(self.dataset, self._uploaded, self.task, self.test_fraction)
            if self._uploaded is None:
                return
        elif self.task != "classification":
            yield SpecError("/problem/task", f"classification with {what}", self.task)
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
