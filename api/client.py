"""A small client of the service's HTTP interface, for the command line and for scripts."""

import os
import re
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import httpx

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from numpy.typing import ArrayLike

T = TypeVar("T", bound="DataclassInstance")

DEFAULT_URL = "http://127.0.0.1:8000"
TERMINAL = ("succeeded", "failed", "cancelled")
_PAGE = 1000
_CHANGES = ("event: progress", "event: end")
_SECRET = re.compile(r"[A-Za-z0-9._~+/-]{1,512}=*")
_SILENT_SECONDS = 40.0
"""A stream shows every 15 s that it lives: one that is silent for longer is held up on its way."""


class Unreachable(Exception):
    """Nothing that speaks HTTP answers at the address."""


class BadToken(ValueError):
    """What was given as the secret of a token cannot be one; the message does not show it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request."""

    pointer: str
    message: str
    value: Any = None


class Refused(Exception):
    """The service answered with an error (problem+json)."""

    def __init__(self, status: int, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        self.status, self.detail, self.faults = status, detail, faults
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an experiment is."""

    id: str
    name: str | None
    state: str
    counts: Mapping[str, int]
    progress: float
    eta_seconds: float | None

    @property
    def terminal(self) -> bool:
        """Whether every run has ended."""
        return self.state in TERMINAL


@dataclass(frozen=True, slots=True)
class RunView:
    """What the command line shows of a run."""

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


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one run; a value that is no finite number is None."""

    metric: str
    steps: list[int]
    values: list[float | None]


class Client:
    """Asks one service.

    Args:
        url: address of the service; by default GROKLAB_URL, or the loopback address.
        seconds: how long an answer may take.
        token: secret of a token, sent with every call; by default GROKLAB_TOKEN, or none.

    Raises BadToken where the token cannot be one.
    """

    def __init__(self, url: str | None = None, seconds: float = 60, token: str | None = None) -> None:
        self.url = (url or os.environ.get("GROKLAB_URL") or DEFAULT_URL).rstrip("/")
        headers = _authorization(token or os.environ.get("GROKLAB_TOKEN"))
        self._http = httpx.Client(base_url=self.url, timeout=seconds, trust_env=False, headers=headers)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def submit(self, spec: object) -> Progress:
        """Asks for an experiment; raises Refused with every fault of the spec."""
        return _progress(self._call("POST", "/v1/experiments", json=spec))

    def dry_run(self, spec: object) -> dict[str, Any]:
        """What submitting would do, as the service words it; raises Refused as `submit` does."""
        found: dict[str, Any] = self._call("POST", "/v1/experiments", json=spec, params={"dry_run": "true"})
        return found

    def experiment(self, experiment_id: str) -> Progress:
        """How far it is now."""
        return _progress(self._call("GET", f"/v1/experiments/{experiment_id}"))

    def changes(self, experiment_id: str) -> Generator[bool, None, None]:
        """Yields True at each change of progress, from now on; ends where there is no stream (any more)."""
        path, timeout = f"/v1/experiments/{experiment_id}/stream", httpx.Timeout(_SILENT_SECONDS)
        with (
            suppress(httpx.TransportError),
            self._http.stream("GET", path, params={"history": "false"}, timeout=timeout) as answer,
        ):
            if answer.status_code == httpx.codes.OK:
                yield from (True for line in answer.iter_lines() if line in _CHANGES)

    def cancel(self, experiment_id: str) -> Progress:
        """Asks every run to end."""
        return _progress(self._call("POST", f"/v1/experiments/{experiment_id}/cancel"))

    def retry(self, resource_id: str) -> Progress:
        """Queues what failed or was cancelled again, of an experiment or a run; how far the experiment is."""
        return self._act(resource_id, "retry")

    def extend(
        self, resource_id: str, steps: int, *, censored_only: bool = False, reuse: bool | None = None
    ) -> Progress:
        """Asks for so many steps of what succeeded, of an experiment or a run; how far the experiment is.

        Args:
            censored_only: only of runs whose t2 was not seen.
            reuse: whether results that there are already are taken over; None: as the spec says.
        """
        asked = {"steps": steps, "censored_only": censored_only, "reuse": reuse}
        return self._act(resource_id, "extend", json=asked)

    def verify(self, run_id: str) -> VerificationView:
        """Asks for a run that succeeded to be trained once more; what comes of it is in `verification`."""
        return _verification(self._call("POST", f"/v1/runs/{run_id}/verify"))

    def verification(self, run_id: str, verification_id: str) -> VerificationView:
        """How far the verification of a run is, and its verdict once it has ended."""
        return _verification(self._call("GET", f"/v1/runs/{run_id}/verifications/{verification_id}"))

    def first_run(self, experiment_id: str) -> RunView:
        """The run of cell 0."""
        page = self._call("GET", f"/v1/experiments/{experiment_id}/runs", params={"limit": 1})
        return _pick(RunView, page["items"][0])

    def last_values(self, run_id: str) -> dict[str, float | None]:
        """The newest value of every recorded metric."""
        page = self._call("GET", f"/v1/runs/{run_id}/metrics")
        return {item["name"]: item["last"] for item in page["items"]}

    def series(self, run_id: str, *metrics: str) -> dict[str, Series]:
        """Every recorded point of the named metrics."""
        answer = self._call("GET", f"/v1/runs/{run_id}/series", params={"metric": list(metrics)})
        return {item["metric"]: _pick(Series, item) for item in answer["series"]}

    def theory(self, run_id: str) -> dict[str, Any]:
        """What science predicts for the run."""
        theory: dict[str, Any] = self._call("GET", f"/v1/runs/{run_id}/analysis")["theory"] or {}
        return theory

    def results(self, experiment_id: str) -> Iterator[dict[str, Any]]:
        """A row a run, in cell order, as the service words it."""
        params: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = self._call("GET", f"/v1/experiments/{experiment_id}/results", params=params)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            params["cursor"] = page["next_cursor"]

    def upload_dataset(self, data: "Path | str | Mapping[str, ArrayLike]", name: str | None = None) -> Any:
        """Uploads an .npz file, or arrays by name, as the service words the dataset; raises Refused.

        The arrays are `inputs` (N, n), `targets` (N,), and perhaps `true_parameters` (n,), or `test_inputs`
        (N', n) and `test_targets` (N',). The same numbers again are the same dataset.
        """
        with _npz(data) as file:
            form = {} if name is None else {"name": name}
            return self._call("POST", "/v1/datasets", files={"file": ("data.npz", file)}, data=form)

    def dataset(self, dataset_id: str) -> dict[str, Any]:
        """What the service tells of a dataset."""
        found: dict[str, Any] = self._call("GET", f"/v1/datasets/{dataset_id}")
        return found

    def datasets(self) -> Iterator[dict[str, Any]]:
        """Every dataset, newest first, as the service words it."""
        params: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = self._call("GET", "/v1/datasets", params=params)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            params["cursor"] = page["next_cursor"]

    def delete_dataset(self, dataset_id: str) -> int:
        """Deletes a dataset: the bytes freed; raises Refused while experiments that use it go on."""
        return int(self._call("DELETE", f"/v1/datasets/{dataset_id}")["bytes_freed"])

    def ready(self) -> bool:
        """Whether the service takes work; False also while nothing answers."""
        try:
            return self._http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _act(self, resource_id: str, action: str, **options: Any) -> Progress:
        """Asks for something about an experiment, or about a run; how far the experiment is then."""
        if not resource_id.startswith("run_"):
            return _progress(self._call("POST", f"/v1/experiments/{resource_id}/{action}", **options))
        run = self._call("POST", f"/v1/runs/{resource_id}/{action}", **options)
        return self.experiment(run["experiment_id"])

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise Unreachable(f"no service answers at {self.url} ({error})") from error
        if answer.is_error:
            raise _refused(answer)
        return answer.json()


def _authorization(secret: str | None) -> dict[str, str]:
    if not secret:
        return {}
    if not _SECRET.fullmatch(secret):
        raise BadToken("the token (GROKLAB_TOKEN) must be 1 to 512 of A-Z a-z 0-9 . _ ~ + / = -")
    return {"Authorization": f"Bearer {secret}"}


@contextmanager
def _npz(data: "Path | str | Mapping[str, ArrayLike]") -> Iterator[BinaryIO]:
    """A file with the arrays, opened to be read."""
    if isinstance(data, Path | str):
        with Path(data).open("rb") as file:
            yield file
        return
    import numpy as np

    with tempfile.TemporaryFile() as made:
        arrays: dict[str, Any] = {name: np.asarray(array) for name, array in data.items()}
        np.savez(made, **arrays)
        made.seek(0)
        yield made


def _refused(answer: httpx.Response) -> Refused:
    kind = answer.headers.get("content-type", "")
    if not kind.startswith("application/problem+json"):
        return Refused(answer.status_code, f"HTTP {answer.status_code} {answer.reason_phrase}")
    problem = answer.json()
    faults = tuple(_pick(Fault, fault) for fault in problem.get("errors", ()))
    return Refused(answer.status_code, str(problem.get("detail") or problem.get("title")), faults)


def _progress(data: dict[str, Any]) -> Progress:
    return _pick(Progress, data)


def _verification(data: Mapping[str, Any]) -> VerificationView:
    experiment = data["links"]["experiment"].rpartition("/")[2]
    return _pick(VerificationView, {**data, "experiment_id": experiment})


def _pick(kind: type[T], data: Mapping[str, Any]) -> T:
    """The fields that the dataclass has; answers may hold more."""
    return kind(**{field.name: data[field.name] for field in fields(kind) if field.name in data})
