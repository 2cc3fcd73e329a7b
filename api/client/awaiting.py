"""The client of programs that do other things while they wait (asyncio)."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import Any, TypeVar, Unpack

import httpx

from api.client import datasets, experiments, figures, looks, pictures, webhooks
from api.client.async_handle import AsyncExperiment
from api.client.curves import Curve
from api.client.npz import Arrays
from api.client.opening import Opening
from api.client.pictures import Form, Picture, Wanted
from api.client.ranges import Range
from api.client.retries import persist
from api.client.talk import Ask, Pause, Talk
from api.client.views import DeliveryState, Progress, RunView, VerificationView

T = TypeVar("T")


class AsyncClient(Opening):
    __doc__ = f"""Asks one service without blocking the event loop. {Opening.__doc__}

    Its methods are those of Client, to be awaited; they raise the same.
    """

    def _open(self, **options: Any) -> None:
        self._http = httpx.AsyncClient(**options)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def submit(self, spec: object, *, key: str | None = None) -> AsyncExperiment:
        """As `Client.submit`."""
        return self.handle((await self.converse(experiments.submit(spec, key))).id)

    def handle(self, experiment_id: str) -> AsyncExperiment:
        """As `Client.handle`."""
        return AsyncExperiment(self, experiment_id)

    async def dry_run(self, spec: object) -> dict[str, Any]:
        """As `Client.dry_run`."""
        return await self.converse(experiments.dry_run(spec))

    async def experiment(self, experiment_id: str) -> Progress:
        """As `Client.experiment`."""
        return await self.converse(experiments.experiment(experiment_id))

    async def experiments(
        self,
        *,
        state: str | None = None,
        problem: str | None = None,
        tag: str | None = None,
        most: int | None = None,
    ) -> list[dict[str, Any]]:
        """As `Client.experiments`."""
        return await self.converse(experiments.experiments(state, problem, tag, most))

    async def describe(self, resource_id: str) -> dict[str, Any]:
        """As `Client.describe`."""
        return await self.converse(experiments.describe(resource_id))

    async def delete_experiment(self, experiment_id: str, *, force: bool = False) -> int:
        """As `Client.delete_experiment`."""
        return await self.converse(experiments.delete_experiment(experiment_id, force))

    async def wait(
        self, experiment_id: str, *, progress: bool = False, timeout: float | None = None
    ) -> Progress:
        """As `Client.wait`."""
        return await self.converse(looks.wait(experiment_id, progress, timeout))

    async def cancel(self, resource_id: str) -> Progress:
        """As `Client.cancel`."""
        return await self.converse(experiments.cancel(resource_id))

    async def retry(self, resource_id: str) -> Progress:
        """As `Client.retry`."""
        return await self.converse(experiments.retry(resource_id))

    async def extend(
        self, resource_id: str, steps: int, *, censored_only: bool = False, reuse: bool | None = None
    ) -> Progress:
        """As `Client.extend`."""
        return await self.converse(experiments.extend(resource_id, steps, censored_only, reuse))

    async def refine(self, experiment_id: str, axis: str, tolerance: float = 0.01) -> AsyncExperiment:
        """As `Client.refine`."""
        return self.handle((await self.converse(experiments.refine(experiment_id, axis, tolerance))).id)

    async def verify(self, run_id: str) -> VerificationView:
        """As `Client.verify`."""
        return await self.converse(experiments.verify(run_id))

    async def verification(self, run_id: str, verification_id: str) -> VerificationView:
        """As `Client.verification`."""
        return await self.converse(experiments.verification(run_id, verification_id))

    async def runs(self, experiment_id: str) -> list[RunView]:
        """As `Client.runs`."""
        return await self.converse(experiments.runs(experiment_id))

    async def first_run(self, experiment_id: str) -> RunView:
        """As `Client.first_run`."""
        return await self.converse(experiments.first_run(experiment_id))

    async def series(self, run_id: str, *metrics: str, **wanted: Unpack[Range]) -> dict[str, Curve]:
        """As `Client.series`."""
        return await self.converse(experiments.series(run_id, metrics, wanted))

    async def plot(self, resource_id: str, form: Form = "svg", **wanted: Unpack[Wanted]) -> Picture:
        """As `Client.plot`."""
        return await self.converse(pictures.plot(resource_id, form, wanted))

    async def theory(self, run_id: str) -> dict[str, Any]:
        """As `Client.theory`."""
        return await self.converse(experiments.theory(run_id))

    async def results(self, experiment_id: str) -> list[dict[str, Any]]:
        """As `Client.results`."""
        return await self.converse(experiments.results(experiment_id))

    async def figures(self) -> list[dict[str, Any]]:
        """As `Client.figures`."""
        return await self.converse(figures.figures())

    async def figure(self, figure_id: str) -> dict[str, Any]:
        """As `Client.figure`."""
        return await self.converse(figures.figure(figure_id))

    async def try_figure(
        self, figure_id: str, scale: str = "smoke", *, key: str | None = None
    ) -> AsyncExperiment:
        """As `Client.try_figure`."""
        return self.handle((await self.converse(figures.try_figure(figure_id, scale, key))).id)

    async def verdict(self, figure_id: str, experiment_id: str, scale: str | None = None) -> dict[str, Any]:
        """As `Client.verdict`."""
        return await self.converse(figures.verdict(figure_id, experiment_id, scale))

    async def upload_dataset(self, data: Arrays, name: str | None = None) -> dict[str, Any]:
        """As `Client.upload_dataset`."""
        return await self.converse(datasets.upload_dataset(data, name))

    async def dataset(self, dataset_id: str) -> dict[str, Any]:
        """As `Client.dataset`."""
        return await self.converse(datasets.dataset(dataset_id))

    async def datasets(self) -> list[dict[str, Any]]:
        """As `Client.datasets`."""
        return await self.converse(datasets.datasets())

    async def delete_dataset(self, dataset_id: str) -> int:
        """As `Client.delete_dataset`."""
        return await self.converse(datasets.delete_dataset(dataset_id))

    async def create_webhook(
        self,
        to: str,
        *,
        events: Sequence[str] | None = None,
        experiment: str | None = None,
        tag: str | None = None,
        secret: str | None = None,
    ) -> dict[str, Any]:
        """As `Client.create_webhook`."""
        return await self.converse(webhooks.create_webhook(to, events, experiment, tag, secret))

    async def webhooks(self) -> list[dict[str, Any]]:
        """As `Client.webhooks`."""
        return await self.converse(webhooks.webhooks())

    async def webhook(self, webhook_id: str) -> dict[str, Any]:
        """As `Client.webhook`."""
        return await self.converse(webhooks.webhook(webhook_id))

    async def delete_webhook(self, webhook_id: str) -> int:
        """As `Client.delete_webhook`."""
        return await self.converse(webhooks.delete_webhook(webhook_id))

    async def deliveries(self, webhook_id: str, state: DeliveryState | None = None) -> list[dict[str, Any]]:
        """As `Client.deliveries`."""
        return await self.converse(webhooks.deliveries(webhook_id, state))

    async def ready(self) -> bool:
        """As `Client.ready`."""
        answer = await self._perform(Ask("GET", "/readyz"))
        return isinstance(answer, httpx.Response) and answer.status_code == httpx.codes.OK

    async def converse(self, talk: Talk[T]) -> T:
        """What comes of a talk with the service."""
        with closing(persist(talk, self._retries)) as moves:
            outcome: httpx.Response | httpx.TransportError | None = None
            while True:
                try:
                    move = moves.send(outcome)
                except StopIteration as end:
                    result: T = end.value
                    return result
                outcome = await self._perform(move)

    async def _perform(self, move: Ask | Pause) -> httpx.Response | httpx.TransportError | None:
        if isinstance(move, Pause):
            await asyncio.sleep(move.seconds)
            return None
        try:
            return await self._http.request(
                move.method, move.path, timeout=self._timeout(move), **move.options
            )
        except httpx.TransportError as error:
            return error
