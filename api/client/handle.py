"""An experiment that was submitted, to wait for and to read."""

from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from api.client import experiments
from api.client.curves import Curve
from api.client.forms import Frames, check_form, frame_series, shape_results
from api.client.pictures import Form, Picture, Wanted
from api.client.ranges import Range
from api.client.views import Progress, RunView

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.client.blocking import Client


class Experiment:
    """One experiment of a service; `id` names it, and no call is made before one is asked for."""

    def __init__(self, client: "Client", experiment_id: str) -> None:
        self._client, self.id = client, experiment_id

    def __repr__(self) -> str:
        return f"Experiment({self.id!r})"

    def progress(self) -> Progress:
        """How far it is now."""
        return self._client.experiment(self.id)

    def wait(self, *, progress: bool = False, timeout: float | None = None) -> "Experiment":
        """Returns itself once every run has ended, as `Client.wait` does, whether or not runs failed."""
        self._client.wait(self.id, progress=progress, timeout=timeout)
        return self

    def cancel(self) -> Progress:
        """Asks every run to end."""
        return self._client.cancel(self.id)

    def refine(self, axis: str, tolerance: float = 0.01) -> "Experiment":
        """The cells halfway across its boundaries along an axis, as `Client.refine` asks for them."""
        return self._client.refine(self.id, axis, tolerance)

    def runs(self) -> list[RunView]:
        """Its runs, in cell order."""
        return self._client.runs(self.id)

    @overload
    def results(self, as_: Literal["rows"] = "rows") -> list[dict[str, Any]]: ...
    @overload
    def results(self, as_: Literal["numpy"]) -> "dict[str, NDArray[Any]]": ...
    @overload
    def results(self, as_: Frames) -> Any: ...
    def results(self, as_: str = "rows") -> Any:
        """A row a run, in cell order.

        Args:
            as_: `rows` as the service words them; as a table with the columns of the service's CSV a
                DataFrame of `pandas` or `polars`, or with `numpy` an array (runs,) for each column.

        Raises MissingPackage where the library is not installed.
        """
        check_form(as_, "rows", "numpy", "pandas", "polars")
        return shape_results(self._client.results(self.id), as_)

    def matrix(self, value: str = "t2", x: str | None = None, y: str | None = None) -> dict[str, Any]:
        """Medians of a quantity by two axes, as the service words them; raises Refused for no axis."""
        query = {"value": value, "x": x, "y": y}
        return self._client.converse(experiments.analysis(self.id, "matrix", query))

    def fit(self, x: str, y: str = "delay") -> dict[str, Any]:
        """The power law of y against x, such as `alpha*beta`; raises Refused where runs tell none."""
        return self._client.converse(experiments.analysis(self.id, "fit", {"x": x, "y": y}))

    def phase(self, x: str | None = None, y: str | None = None) -> dict[str, Any]:
        """The outcome of most runs by two axes, and the boundaries between them."""
        return self._client.converse(experiments.analysis(self.id, "phase", {"x": x, "y": y}))

    @overload
    def series(
        self,
        *metrics: str,
        runs: tuple[str, ...] = (),
        as_: Literal["numpy"] = "numpy",
        **wanted: Unpack[Range],
    ) -> list[Curve]: ...
    @overload
    def series(
        self, *metrics: str, runs: tuple[str, ...] = (), as_: Frames, **wanted: Unpack[Range]
    ) -> Any: ...
    def series(
        self, *metrics: str, runs: tuple[str, ...] = (), as_: str = "numpy", **wanted: Unpack[Range]
    ) -> Any:
        """Recorded series of the named metrics, at least one, run after run in cell order.

        Args:
            runs: ids of runs; by default all.
            as_: `numpy` for curves of arrays; `pandas` or `polars` for a DataFrame with a row a point:
                run, seed, the value of each axis by its path, metric, step, value, and of vectors component.

        Raises MissingPackage where the library is not installed.
        """
        check_form(as_, "numpy", "pandas", "polars")
        talk = experiments.sweep_series(self.id, metrics, runs, wanted)
        curves = self._client.converse(talk)
        if as_ == "numpy":
            return curves
        columns = experiments.run_columns(self.id, {one.run for one in curves})
        return frame_series(curves, self._client.converse(columns), as_)

    def plot(self, form: Form = "svg", **wanted: Unpack[Wanted]) -> Picture:
        """Its picture, as `Client.plot` asks for it; notebooks show it."""
        return self._client.plot(self.id, form, **wanted)
