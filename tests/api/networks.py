"""Networks that are really trained for the tests of the API, and how their runs are asked."""

from typing import Any

from httpx import Client

from core.store import claim
from tests.api.played import Json, run_ids, submit
from tests.api.served import Service
from tests.core.spec.network_specs import CLASSES, MODULAR, NUMBERS, TEACHER, changed
from tests.worker.batches import bench
from worker.execute import execute

CSV = {"Accept": "text/csv"}
LAYERED = ["l2_norm", "l2_norm[decoder.0]", "rank[decoder.1]"]
METRICS_OF_ALL = ["train_loss", "test_loss", "train_accuracy", "test_accuracy", *LAYERED]
VECTORS = ["singular_values[decoder.0]"]
GROKS: Json = {
    "name": "a small network that groks",
    "problem": {"kind": "modular_arithmetic", "modulus": 17, "train_fraction": 0.8},
    "model": {"kind": "encoder_decoder", "hidden": [64]},
    "regularization": {"l2": 3e-3},
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
    "steps": 600,
    "precision": "float64",
    "record": {
        "per_decade": None,
        "first": 0,
        "every": 10,
        "metrics": [*METRICS_OF_ALL, *VECTORS],
        "checkpoints": "powers_of_two",
    },
    "detect": {"train_threshold": 0.99, "test_threshold": 0.5},
}
REFINED = changed(GROKS, {"/record/refine_crossings": True, "/record/checkpoints": "crossings"})
DENSE = changed(GROKS, {"/record": {"per_decade": None, "first": 600, "metrics": METRICS_OF_ALL}})
OPERATIONS = ["+", "*"]
SWEPT: Json = {
    **MODULAR,
    "record": {"metrics": ["test_accuracy", "l2_norm[decoder.0]", "rank[embedding.0]"]},
    "sweep": {"axes": [{"path": "/problem/operation", "values": OPERATIONS}], "seeds": {"count": 2}},
}
HELD_OUT: Json = {
    **CLASSES,
    "sweep": {"axes": [{"path": "/problem/test_fraction", "values": [0.25, 0.5]}]},
}
DIVERGES = changed(TEACHER, {"/optimizer/learning_rate": 1e6, "/steps": 60})
ASKED: dict[str, Json] = {
    "groks": GROKS,
    "refined": REFINED,
    "dense": DENSE,
    "teacher": TEACHER,
    "numbers": NUMBERS,
    "swept": SWEPT,
    "held out": HELD_OUT,
    "diverges": DIVERGES,
}


def train_all(service: Service) -> None:
    """Trains whatever waits."""
    while True:
        with service.db.write() as conn:
            lease = claim(conn, queue="cpu", worker="here", lease_seconds=60)
        if lease is None:
            return
        execute(bench(service.db, lease_seconds=60), lease)


def train_asked(service: Service) -> dict[str, list[str]]:
    """Trains all that is asked for; the runs of each spec, in cell order."""
    made = {name: submit(service.client, spec) for name, spec in ASKED.items()}
    train_all(service)
    return {name: run_ids(service.client, experiment) for name, experiment in made.items()}


def get(client: Client, path: str, **parameters: Any) -> Json:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def analysis(client: Client, run: str, **parameters: Any) -> Json:
    return get(client, f"/v1/runs/{run}/analysis", **parameters)


def series(client: Client, run: str, name: str) -> tuple[list[int], list[float]]:
    """Steps and values of a metric."""
    (part,) = get(client, f"/v1/runs/{run}/series", metric=name)["series"]
    return part["steps"], part["values"]


def first_at_least(client: Client, run: str, name: str, level: float) -> tuple[int, int]:
    """The first recorded step with at least this value, behind the one before."""
    steps, values = series(client, run, name)
    place = next(i for i, value in enumerate(values) if value >= level)
    return steps[max(place - 1, 0)], steps[place]
