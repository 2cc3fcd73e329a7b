"""What a spec knows of data that were uploaded: their shapes and labels, and how to get at the numbers."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.spec.errors import SpecError

DATASET_ID = r"ds_[0-9a-z]{26}"
"""The form of a dataset's id."""
MAX_CLASSES = 1000

Arrays = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Labels:
    """Whether targets are classes.

    Attributes:
        largest: the largest target.
        odd: place and value of the first target that is no class, which is a whole number from 0 to 999;
            None where all are.
    """

    largest: float
    odd: tuple[int, float] | None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An uploaded dataset.

    Attributes:
        content: SHA-256 of the numbers, 64 hex digits.
        shapes: of the arrays that it has, by name: `inputs` (N, n), `targets` (N,), and perhaps
            `true_parameters` (n,), or `test_inputs` (N', n) and `test_targets` (N',).
        labels: of `targets` and `test_targets`.
        load: gives the arrays, which must not be written to.
    """

    content: str
    shapes: Mapping[str, tuple[int, ...]]
    labels: Mapping[str, Labels]
    load: Callable[[], Arrays] = field(compare=False, repr=False)


Uploads = Mapping[str, Uploaded]
"""Uploaded datasets by their ids."""


def named_datasets(data: object) -> list[str]:
    """Ids of datasets in the JSON data of a spec, in its problem or its sweep; the data may be anything."""
    if not isinstance(data, dict):
        return []
    problem = data.get("problem")
    places = [problem.get("dataset") if isinstance(problem, dict) else None, data.get("sweep")]
    return list(dict.fromkeys(text for text in _texts(places) if _ID.fullmatch(text)))


def dataset_faults(id: str, uploaded: Uploaded | None, task: str, fraction: float | None) -> list[SpecError]:
    """What does not fit together in a problem that names the dataset of this id; None: there is none."""
    if uploaded is None:
        return [SpecError("/problem/dataset", "the id of an uploaded dataset", id)]
    faults = []
    for name in ("true_parameters", "test_inputs"):
        if fraction is not None and name in uploaded.shapes:
            message = f"null: {id} has {name}, and there is one way to test"
            faults.append(SpecError("/problem/test_fraction", message, fraction))
    if task == "classification":
        faults += _class_faults(id, uploaded)
    return faults


def _class_faults(id: str, uploaded: Uploaded) -> Iterator[SpecError]:
    if "true_parameters" in uploaded.shapes:
        message = f"regression: {id} has true_parameters, which classification has not"
        yield SpecError("/problem/task", message, "classification")
    for name, labels in uploaded.labels.items():
        if labels.odd is not None:
            place, value = labels.odd
            message = (
                f"a dataset whose {name} are classes, whole numbers from 0 to {MAX_CLASSES - 1}; "
                f"{name}[{place}] is {value:g}"
            )
            yield SpecError("/problem/dataset", message, id)


_ID = re.compile(DATASET_ID)


def _texts(value: Any) -> Iterator[str]:
    """Every text in JSON data."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as found:
                waiting.extend(found.values())
            case list() | tuple() as found:
                waiting.extend(found)
