"""A service of real processes that tests may kill: the API and any number of workers, logs kept in files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from api.commands.children import free_port
from core.store import Database, open_database

SPEC: Mapping[str, Any] = {
    "problem": {"kind": "sparse_recovery", "dimension": 100, "sparsity": 5, "measurements": 30},
    "model": {"kind": "linear", "init": {"kind": "constant", "scale": 1e-6}},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 2000,
    "seed": 7,
}
LEASE_SECONDS = 2
TERMINAL = ("succeeded", "failed", "cancelled")
Json = dict[str, Any]


class Lab:
    """Starts processes as a user would, talks HTTP, and leaves nothing behind."""

    def __init__(self, folder: Path, settings: Mapping[str, str], seconds: float = 60) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")}
        self.folder = folder
        self._env = {
            **inherited,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "GROKLAB_STATE_DIR": str(self.state_folder),
            "GROKLAB_LEASE_SECONDS": str(LEASE_SECONDS),
            "GROKLAB_CHECKPOINT_SECONDS": "0.5",
            **settings,
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self._database: Database | None = None
        self._port = free_port()
        self.run("migrate")
        self.api = self.start_api()
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60, trust_env=False)
        try:
            self.until(self._ready, seconds)
        except BaseException:
            # Nobody has it yet who could close it.
            self.close()
            raise

    @property
    def url(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """Of every process of the service."""
        return dict(self._env)

    @property
    def database_url(self) -> str:
        """Where the service keeps everything."""
        return self._env.get("GROKLAB_DATABASE_URL", f"sqlite:///{self.state_folder}/groklab.db")

    @property
    def database(self) -> Database:
        """The same database, opened past the API."""
        if self._database is None:
            self._database = open_database(self.database_url)
        return self._database

    @property
    def state_folder(self) -> Path:
        """Where the embedded service keeps its files."""
        return self.folder / "state"

    @property
    def broker_folder(self) -> Path:
        """Where the embedded broker keeps its messages."""
        return self.state_folder / "broker"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of groklab to its end."""
        command = [sys.executable, "-m", "api.cli", *arguments]
        return subprocess.run(command, env=self._env, check=True, capture_output=True, text=True)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """Starts a command of groklab in a process group of its own, with more in its environment."""
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *arguments],
                env={**self._env, **(env or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def start_api(self) -> "subprocess.Popen[bytes]":
        """Starts the API, always on the same port."""
        return self.start("api", "--port", str(self._port))

    def restart_api(self) -> None:
        """Starts the API again after its end, and waits until it answers."""
        self.api = self.start_api()
        self.until(self._ready, 60)

    def another_api(self) -> str:
        """Starts one more API on the same database; its address, once it answers."""
        port = free_port()
        self.start("api", "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, trust_env=False) as http:
            self.until(lambda: _answers(http), 60)
        return url

    def worker(
        self, concurrency: int = 1, env: Mapping[str, str] | None = None, seconds: float = 60
    ) -> "subprocess.Popen[bytes]":
        """Starts a worker and waits until its processes have announced themselves."""
        before = {worker["id"] for worker in self.workers()}
        process = self.start("worker", "--concurrency", str(concurrency), env=env)
        self.until(lambda: len({w["id"] for w in self.workers()} - before) >= concurrency, seconds)
        return process

    def workers(self) -> list[Json]:
        """Workers that the service believes to be alive."""
        found: list[Json] = self.get("/v1/workers")["items"]
        return found

    def submit(self, **fields: Any) -> str:
        """Asks for an experiment that is not reused; its id."""
        answer = self.try_submit(**fields)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        experiment_id: str = answer.json()["id"]
        return experiment_id

    def get(self, path: str, **params: Any) -> Json:
        """A resource of the service."""
        answer = self._http.get(path, params=params)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: Json = answer.json()
        return found

    def ask(self, path: str) -> Json | None:
        """A resource of the service, None while the service or what it needs is away."""
        try:
            answer = self._http.get(path)
        except httpx.TransportError:
            return None
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert "retry-after" in answer.headers, answer.text
            return None
        assert answer.status_code == httpx.codes.OK, answer.text
        found: Json = answer.json()
        return found

    def try_submit(self, **fields: Any) -> httpx.Response:
        """The answer to an experiment, whatever it is."""
        return self._http.post("/v1/experiments", json={**SPEC, "reuse": False, **fields})

    def dry_run(self, spec: Mapping[str, Any]) -> Json:
        """What a whole spec would do."""
        answer = self._http.post("/v1/experiments", params={"dry_run": "true"}, json=spec)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: Json = answer.json()
        return found

    def post(self, path: str) -> None:
        """An action without a body."""
        assert self._http.post(path).is_success

    def runs(self, experiment_id: str) -> list[Json]:
        """Runs in cell order."""
        found: list[Json] = self.get(f"/v1/experiments/{experiment_id}/runs", limit=1000)["items"]
        return found

    def events(self, run_id: str) -> list[str]:
        """What happened to a run, in order."""
        kinds: list[str] = [event["kind"] for event in self.get(f"/v1/runs/{run_id}/events")["items"]]
        return kinds

    def series(self, run_id: str) -> dict[str, tuple[list[int], list[float]]]:
        """Every recorded metric of a run."""
        names = [item["name"] for item in self.get(f"/v1/runs/{run_id}/metrics")["items"]]
        found = self.get(f"/v1/runs/{run_id}/series", metric=names)["series"]
        return {item["metric"]: (item["steps"], item["values"]) for item in found}

    def finish(self, experiment_id: str, seconds: float = 90) -> list[Json]:
        """The runs, once all have ended."""

        def ended() -> bool:
            found = self.ask(f"/v1/experiments/{experiment_id}")
            return found is not None and found["state"] in TERMINAL

        self.until(ended, seconds)
        return self.runs(experiment_id)

    def midway(self, experiment_id: str, step: int = 0) -> Json:
        """The first run, once it is beyond a step."""

        def moving() -> bool:
            run = self.runs(experiment_id)[0]
            assert run["state"] in ("queued", "running"), f"ended too soon: {run}"
            return bool(run["state"] == "running" and run["step"] > step)

        self.until(moving, 60)
        return self.runs(experiment_id)[0]

    def until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Waits until it holds; shows the ends of the logs when it does not."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                logs = (f"--- {p.name}\n{p.read_text()[-2000:]}" for p in self.folder.glob("*.log"))
                raise AssertionError(f"not within {seconds} s\n" + "\n".join(logs))
            time.sleep(0.05)

    def kill(self, process: "subprocess.Popen[bytes]", number: int = signal.SIGKILL) -> None:
        """Sends a signal to the process and its children."""
        os.killpg(process.pid, number)

    def children(self, process: "subprocess.Popen[bytes]") -> list[int]:
        """Process ids of a worker's pool."""
        return children_of(process.pid)

    def close(self) -> None:
        """Ends everything that was started."""
        self._http.close()
        if self._database is not None:
            self._database.dispose()
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGCONT)
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def log(self, command: str) -> str:
        """What the processes of a command have said."""
        return (self.folder / f"{command}.log").read_text()

    def _ready(self) -> bool:
        return _answers(self._http)


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def whole(runs: list[Json], lab: Lab) -> None:
    """Each run succeeded, and has every recorded step once."""
    for run in runs:
        assert run["state"] == "succeeded", run
        for steps, _ in lab.series(run["id"]).values():
            assert steps == sorted(set(steps))
            assert (steps[0], steps[-1]) == (0, run["steps"])


def children_of(pid: int) -> list[int]:
    """Processes that a process started."""
    return [int(child) for child in _proc(pid, f"task/{pid}/children").split()]


def alive(pid: int) -> bool:
    """Whether the process is there and more than a zombie."""
    try:
        return _proc(pid, "stat").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def maps_torch(pid: int) -> bool:
    """Whether the process has torch's library in its memory."""
    return "libtorch" in _proc(pid, "maps")


def _proc(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
