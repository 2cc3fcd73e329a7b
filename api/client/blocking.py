"""The client that waits for each answer."""

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any, TypeVar, Unpack

import httpx

from api.client import datasets, experiments, figures, looks, pictures, webhooks
from api.client.curves import Curve
from api.client.handle import Experiment
from api.client.npz import Arrays
from api.client.opening import Opening
from api.client.pictures import Form, Picture, Wanted
from api.client.ranges import Range
from api.client.retries import persist
from api.client.talk import Ask, Pause, Talk
from api.client.views import DeliveryState, Progress, RunView, VerificationView

T = TypeVar("T")


class Client(Opening):
    __doc__ = f"""Asks one service, and waits for each answer. {Opening.__doc__}

    Every call raises Unreachable where nothing answers and Refused where the service refuses.
    """

    def _open(self, **options: Any) -> None:
        self._http = httpx.Client(**options)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def submit(self, spec: object, *, key: str | None = None) -> Experiment:
        """Asks for an experiment; raises Refused with every fault of the spec.

        Args:
            key: Idempotency-Key of your own: submitting the spec with it again gives the same experiment.
        """
        return self.handle(self.converse(experiments.submit(spec, key)).id)

    def handle(self, experiment_id: str) -> Experiment:
        """An experiment that was submitted before."""
        return Experiment(self, experiment_id)

    def dry_run(self, spec: object) -> dict[str, Any]:
        """What submitting would do, as the service words it; raises Refused as `submit` does."""
        return self.converse(experiments.dry_run(spec))

    def experiment(self, experiment_id: str) -> Progress:
        """How far it is now."""
        return self.converse(experiments.experiment(experiment_id))

    def experiments(
        self,
        *,
        state: str | None = None,
        problem: str | None = None,
        tag: str | None = None,
        most: int | None = None,
    ) -> list[dict[str, Any]]:
        """Experiments, newest first, as the service words them.

        Args:
            state, problem, tag: only those in this state, with this kind of problem, with this tag.
            most: how many, from 1 on; by default all.
        """
        return self.converse(experiments.experiments(state, problem, tag, most))

    def describe(self, resource_id: str) -> dict[str, Any]:
        """All that the service tells of an experiment or a run."""
        return self.converse(experiments.describe(resource_id))

    def delete_experiment(self, experiment_id: str, *, force: bool = False) -> int:
        """Deletes an experiment, its runs, and what nothing else refers to: the bytes freed.

        Args:
            force: also while runs go on, which are cancelled; else that is Refused, with status 409.
        """
        return self.converse(experiments.delete_experiment(experiment_id, force))

    def wait(self, experiment_id: str, *, progress: bool = False, timeout: float | None = None) -> Progress:
        """Waits until every run has ended, whether or not runs failed.

        Args:
            progress: whether it is shown on stderr, as a bar in a terminal, elsewhere in lines.
            timeout: seconds after which TimeoutError is raised.
        """
        return self.converse(looks.wait(experiment_id, progress, timeout))

    def cancel(self, resource_id: str) -> Progress:
        """Asks what goes on to end, of an experiment or a run; how far the experiment is."""
        return self.converse(experiments.cancel(resource_id))

    def retry(self, resource_id: str) -> Progress:
        """Queues what failed or was cancelled again, of an experiment or a run; how far the experiment is."""
        return self.converse(experiments.retry(resource_id))

    def extend(
        self, resource_id: str, steps: int, *, censored_only: bool = False, reuse: bool | None = None
    ) -> Progress:
        """Asks for so many steps of what succeeded, of an experiment or a run; how far the experiment is.

        Args:
            censored_only: only of runs whose t2 was not seen.
            reuse: whether results that there are already are taken over; None: as the spec says.
        """
        return self.converse(experiments.extend(resource_id, steps, censored_only, reuse))

    def refine(self, experiment_id: str, axis: str, tolerance: float = 0.01) -> Experiment:
        """Asks for the cells halfway between neighbours along an axis whose outcomes differ.

        Analyses and pictures of the first experiment count their runs, too. Once they have ended the next
        call halves what is left.

        Args:
            tolerance: neighbours are near enough where they differ by at most this share of the larger one.

        Raises Refused, with status 409, while runs go on and where nothing is left to halve.
        """
        return self.handle(self.converse(experiments.refine(experiment_id, axis, tolerance)).id)

    def verify(self, run_id: str) -> VerificationView:
        """Asks for a run that succeeded to be trained once more; what comes of it is in `verification`."""
        return self.converse(experiments.verify(run_id))

    def verification(self, run_id: str, verification_id: str) -> VerificationView:
        """How far the verification of a run is, and its verdict once it has ended."""
        return self.converse(experiments.verification(run_id, verification_id))

    def runs(self, experiment_id: str) -> list[RunView]:
        """All runs of an experiment, in cell order."""
        return self.converse(experiments.runs(experiment_id))

    def first_run(self, experiment_id: str) -> RunView:
        """The run of cell 0."""
        return self.converse(experiments.first_run(experiment_id))

    def series(self, run_id: str, *metrics: str, **wanted: Unpack[Range]) -> dict[str, Curve]:
        """Recorded points of one run's metrics, by name; of every scalar one where none is named."""
        return self.converse(experiments.series(run_id, metrics, wanted))

    def plot(self, resource_id: str, form: Form = "svg", **wanted: Unpack[Wanted]) -> Picture:
        """The picture of an experiment or of a run.

        Args:
            form: svg, or png with 300 dots an inch.
            wanted: `kind` (curves, scaling, matrix, phase, components, singular_values or figure), `x`, `y`,
                `value`, `colour`, `metric` and `figure`, as the service knows them; what fits where they are
                left out.

        Raises Refused where the service cannot draw it, or cannot draw.
        """
        return self.converse(pictures.plot(resource_id, form, wanted))

    def theory(self, run_id: str) -> dict[str, Any]:
        """What science predicts for the run."""
        return self.converse(experiments.theory(run_id))

    def results(self, experiment_id: str) -> list[dict[str, Any]]:
        """A row a run, in cell order, as the service words it."""
        return self.converse(experiments.results(experiment_id))

    def figures(self) -> list[dict[str, Any]]:
        """The figures of the paper by number, each with the claims that it checks."""
        return self.converse(figures.figures())

    def figure(self, figure_id: str) -> dict[str, Any]:
        """Panels, claims and specs of a figure, as the service words them."""
        return self.converse(figures.figure(figure_id))

    def try_figure(self, figure_id: str, scale: str = "smoke", *, key: str | None = None) -> Experiment:
        """Asks for the experiment of a figure.

        Args:
            scale: `smoke`, within a minute, or `paper`, as published.
            key: as of `submit`.
        """
        return self.handle(self.converse(figures.try_figure(figure_id, scale, key)).id)

    def verdict(self, figure_id: str, experiment_id: str, scale: str | None = None) -> dict[str, Any]:
        """What an experiment shows of a figure, claim by claim, as the service words it.

        Args:
            scale: whose claims are judged; by default that of the experiment.
        """
        return self.converse(figures.verdict(figure_id, experiment_id, scale))

    def upload_dataset(self, data: Arrays, name: str | None = None) -> dict[str, Any]:
        """Uploads an .npz file, or arrays by name, as the service words the dataset; raises Refused.

        The arrays are `inputs` (N, n), `targets` (N,), and perhaps `true_parameters` (n,), or `test_inputs`
        (N', n) and `test_targets` (N',). The same numbers again are the same dataset.
        """
        return self.converse(datasets.upload_dataset(data, name))

    def dataset(self, dataset_id: str) -> dict[str, Any]:
        """What the service tells of a dataset."""
        return self.converse(datasets.dataset(dataset_id))

    def datasets(self) -> list[dict[str, Any]]:
        """Every dataset, newest first, as the service words it."""
        return self.converse(datasets.datasets())

    def delete_dataset(self, dataset_id: str) -> int:
        """Deletes a dataset: the bytes freed; raises Refused while experiments that use it go on."""
        return self.converse(datasets.delete_dataset(dataset_id))

    def create_webhook(
        self,
        to: str,
        *,
        events: Sequence[str] | None = None,
        experiment: str | None = None,
        tag: str | None = None,
        secret: str | None = None,
    ) -> dict[str, Any]:
        """Asks for a signed POST to an address at each event; the webhook with its `secret`, this once.

        Args:
            to: http or https address that takes the POSTs.
            events: `run.t2`, `run.succeeded`, `run.failed`, `experiment.ended`; by default all.
            experiment, tag: only of this experiment, only of experiments with this tag.
            secret: key of the signatures, 16 to 256 characters of visible ASCII; by default a new one.
        """
        return self.converse(webhooks.create_webhook(to, events, experiment, tag, secret))

    def webhooks(self) -> list[dict[str, Any]]:
        """Every webhook, newest first, as the service words it, without secrets."""
        return self.converse(webhooks.webhooks())

    def webhook(self, webhook_id: str) -> dict[str, Any]:
        """What the service tells of a webhook."""
        return self.converse(webhooks.webhook(webhook_id))

    def delete_webhook(self, webhook_id: str) -> int:
        """Deletes a webhook, with what it was not told yet: the bytes freed."""
        return self.converse(webhooks.delete_webhook(webhook_id))

    def deliveries(self, webhook_id: str, state: DeliveryState | None = None) -> list[dict[str, Any]]:
        """What a webhook was told, newest first; with `state` only what is pending, delivered or failed."""
        return self.converse(webhooks.deliveries(webhook_id, state))

    def ready(self) -> bool:
        """Whether the service takes work; False also while nothing answers. It asks once."""
        answer = self._perform(Ask("GET", "/readyz"))
        return isinstance(answer, httpx.Response) and answer.status_code == httpx.codes.OK

    def converse(self, talk: Talk[T]) -> T:
        """What comes of a talk with the service."""
        with closing(persist(talk, self._retries)) as moves:
            outcome: httpx.Response | httpx.TransportError | None = None
            while True:
                try:
                    move = moves.send(outcome)
                except StopIteration as end:
                    result: T = end.value
                    return result
                outcome = self._perform(move)

    def _perform(self, move: Ask | Pause) -> httpx.Response | httpx.TransportError | None:
        if isinstance(move, Pause):
            time.sleep(move.seconds)
            return None
        try:
            return self._http.request(move.method, move.path, timeout=self._timeout(move), **move.options)
        except httpx.TransportError as error:
            return error
