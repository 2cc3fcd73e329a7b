"""Recorded series as NumPy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric of one run.

    Attributes:
        steps: (K,) int64, strictly rising.
        values: (K,) float64, of vector metrics (K, d) or (K, n1, n2); NaN and infinities as recorded.
        total: how many points were recorded in the range that was asked for.
        method: how these were chosen of them; `all` where none was left out.
    """

    run: str
    metric: str
    steps: "NDArray[np.int64]"
    values: "NDArray[np.float64]"
    total: int
    method: str


def curve(series: Mapping[str, Any], run: str) -> Curve:
    """Of a series as the service words it."""
    import numpy as np

    steps = np.array(series["steps"], dtype=np.int64)
    values = np.array(series["values"], dtype=np.float64)
    flat = values.reshape(-1)
    # Where JSON has null; the places count components, as if rows stood one behind the other.
    for place, word in series["nonfinite"].items():
        flat[int(place)] = float(word)
    shape = series.get("shape") or values.shape[1:]
    return Curve(
        run,
        series["metric"],
        steps,
        flat.reshape(len(steps), *shape),
        series["total"],
        series["method"],
    )
