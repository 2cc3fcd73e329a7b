"""The handle of an experiment for asyncio."""

from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from api.client import experiments
from api.client.curves import Curve
from api.client.forms import Frames, check_form, frame_series, shape_results
from api.client.pictures import Form, Picture, Wanted
from api.client.ranges import Range
from api.client.views import Progress, RunView

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.client.awaiting import AsyncClient


class AsyncExperiment:
    """One experiment of a service; `id` names it, and no call is made before one is asked for."""

    def __init__(self, client: "AsyncClient", experiment_id: str) -> None:
        self._client, self.id = client, experiment_id

    def __repr__(self) -> str:
        return f"AsyncExperiment({self.id!r})"

    async def progress(self) -> Progress:
        """How far it is now."""
        return await self._client.experiment(self.id)

    async def wait(self, *, progress: bool = False, timeout: float | None = None) -> "AsyncExperiment":
        """Returns itself once every run has ended, as `Client.wait` does, whether or not runs failed."""
        await self._client.wait(self.id, progress=progress, timeout=timeout)
        return self

    async def cancel(self) -> Progress:
        """Asks every run to end."""
        return await self._client.cancel(self.id)

    async def refine(self, axis: str, tolerance: float = 0.01) -> "AsyncExperiment":
        """As `Experiment.refine`."""
        return await self._client.refine(self.id, axis, tolerance)

    async def runs(self) -> list[RunView]:
        """Its runs, in cell order."""
        return await self._client.runs(self.id)

    @overload
    async def results(self, as_: Literal["rows"] = "rows") -> list[dict[str, Any]]: ...
    @overload
    async def results(self, as_: Literal["numpy"]) -> "dict[str, NDArray[Any]]": ...
    @overload
    async def results(self, as_: Frames) -> Any: ...
    async def results(self, as_: str = "rows") -> Any:
        """As `Experiment.results`."""
        check_form(as_, "rows", "numpy", "pandas", "polars")
        return shape_results(await self._client.results(self.id), as_)

    async def matrix(self, value: str = "t2", x: str | None = None, y: str | None = None) -> dict[str, Any]:
        """As `Experiment.matrix`."""
        query = {"value": value, "x": x, "y": y}
        return await self._client.converse(experiments.analysis(self.id, "matrix", query))

    async def fit(self, x: str, y: str = "delay") -> dict[str, Any]:
        """As `Experiment.fit`."""
        return await self._client.converse(experiments.analysis(self.id, "fit", {"x": x, "y": y}))

    async def phase(self, x: str | None = None, y: str | None = None) -> dict[str, Any]:
        """As `Experiment.phase`."""
        return await self._client.converse(experiments.analysis(self.id, "phase", {"x": x, "y": y}))

    @overload
    async def series(
        self,
        *metrics: str,
        runs: tuple[str, ...] = (),
        as_: Literal["numpy"] = "numpy",
        **wanted: Unpack[Range],
    ) -> list[Curve]: ...
    @overload
    async def series(
        self, *metrics: str, runs: tuple[str, ...] = (), as_: Frames, **wanted: Unpack[Range]
    ) -> Any: ...
    async def series(
        self, *metrics: str, runs: tuple[str, ...] = (), as_: str = "numpy", **wanted: Unpack[Range]
    ) -> Any:
        """As `Experiment.series`."""
        check_form(as_, "numpy", "pandas", "polars")
        talk = experiments.sweep_series(self.id, metrics, runs, wanted)
        curves = await self._client.converse(talk)
        if as_ == "numpy":
            return curves
        columns = experiments.run_columns(self.id, {one.run for one in curves})
        return frame_series(curves, await self._client.converse(columns), as_)

    async def plot(self, form: Form = "svg", **wanted: Unpack[Wanted]) -> Picture:
        """As `Experiment.plot`."""
        return await self._client.plot(self.id, form, **wanted)
