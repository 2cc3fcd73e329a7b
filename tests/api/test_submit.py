"""Submitting experiments: what is stored, reused, planned and told to the workers."""

from httpx import Client

from core.store import claim_short, queue_depth
from tests.api.played import PlayedWorker, eventually, run_ids, spec, submit, sweep
from tests.api.served import Service, served
from worker.settings import Settings


def test_the_answer_is_the_experiment_and_says_where_it_is(client: Client) -> None:
    answer = client.post("/v1/experiments", json=spec())
    made = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == made["links"]["self"] == f"/v1/experiments/{made['id']}"
    assert int(answer.headers["Retry-After"]) >= 0
    assert (made["name"], made["tags"], made["problem"]) == ("small", ["test"], "sparse_recovery")
    assert made["state"] == "queued"
    assert made["counts"] == {
        "queued": 1,
        "running": 0,
        "cancelling": 0,
        "succeeded": 0,
        "failed": 0,
        "cancelled": 0,
    }
    assert made["progress"] == 0.0
    assert made["spec"]["precision"] == "float64", "defaults are filled in"
    assert client.get(answer.headers["Location"]).json() == made


def test_a_sweep_has_a_run_a_cell_in_cell_order(client: Client) -> None:
    made = submit(client, sweep(seeds=3, l1=[1e-4, 1e-3]))
    runs = client.get(f"/v1/experiments/{made['id']}/runs").json()["items"]
    assert [run["cell"] for run in runs] == list(range(6))
    assert [run["seed"] for run in runs] == [0, 1, 2, 0, 1, 2]
    assert [run["axes"]["/regularization/l1"] for run in runs] == [1e-4] * 3 + [1e-3] * 3
    assert len({run["digest"] for run in runs}) == 6


def test_runs_of_one_shape_wait_as_one_batch(service: Service, worker: PlayedWorker) -> None:
    submit(service.client, sweep(seeds=4, l1=[1e-4, 1e-3]))
    with service.db.read() as conn:
        assert queue_depth(conn)[0].queued_batches == 1
    assert len(worker.claim().runs) == 8


def test_a_run_that_succeeded_is_taken_over(client: Client, worker: PlayedWorker) -> None:
    first = submit(client, sweep(seeds=2))
    worker.finish_everything()
    again = submit(client, {**sweep(seeds=3), "name": "again"})
    assert again["counts"]["succeeded"] == 2
    assert again["counts"]["queued"] == 1
    runs = client.get(f"/v1/experiments/{again['id']}/runs").json()["items"]
    assert [run["source_run"] for run in runs] == [*run_ids(client, first), None]
    assert runs[0]["t2"] == 60
    series = client.get(f"/v1/runs/{runs[0]['id']}/series?metric=train_error").json()["series"][0]
    assert series["values"] == [1, 0.5, 0.2, 0.1, 0.05]
    assert len(worker.claim().runs) == 1, "only what is new is trained"


def test_reuse_false_trains_again(client: Client, worker: PlayedWorker) -> None:
    submit(client)
    worker.finish_everything()
    assert submit(client, spec(reuse=False))["counts"]["queued"] == 1


def test_an_experiment_of_known_runs_alone_is_born_succeeded(client: Client, worker: PlayedWorker) -> None:
    submit(client)
    worker.finish_everything()
    made = submit(client, spec(name="again"))
    assert made["state"] == "succeeded"
    assert made["progress"] == 1.0
    assert made["finished_at"] is not None


def test_a_batch_over_the_memory_is_refused_and_nothing_is_stored(sqlite_settings: Settings) -> None:
    small = sqlite_settings.model_copy(update={"memory_bytes": 2**20})
    big = spec(problem__dimension=5000, problem__measurements=5000)
    with served(small) as client:
        answer = client.post("/v1/experiments", json=big)
        fault = answer.json()["errors"][0]
        assert answer.status_code == 422
        assert fault["pointer"] == "/problem"
        assert str(2**20) in fault["message"]
        assert fault["value"]["dimension"] == 5000
        assert client.get("/v1/experiments").json()["items"] == []


def test_an_unstable_step_is_refused_unless_it_is_allowed(client: Client) -> None:
    unstable = spec(optimizer__learning_rate=50.0)
    answer = client.post("/v1/experiments", json=unstable)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/optimizer/learning_rate"
    assert submit(client, {**unstable, "allow_unstable": True})["state"] == "queued"


def test_workers_are_told_after_the_commit(settings: Settings) -> None:
    # A service of its own: another's may still be telling of an earlier test.
    with served(settings) as client:
        submit(client)
        eventually(lambda: client.get("/v1/queue").json()["wakes_sent"] == 1)
        assert any(path.is_file() for path in settings.broker_folder.rglob("*"))


def test_a_broker_that_is_away_fails_no_request(sqlite_settings: Settings) -> None:
    away = sqlite_settings.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"})
    with served(away) as client:
        submit(client)
        eventually(lambda: client.get("/v1/queue").json()["wakes_failed"] >= 1)
        assert client.get("/v1/queue").json()["last_wake_error"]
        assert client.get("/readyz").json()["missing"].keys() == {"broker"}
        assert client.get("/v1/experiments").json()["items"][0]["state"] == "queued"


def test_ten_thousand_runs_are_stored_at_once(client: Client) -> None:
    grid = {"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-2, "num": 100}}
    made = submit(client, spec(sweep={"axes": [grid], "seeds": {"count": 100}}))
    assert made["counts"]["queued"] == 10_000


def test_cells_of_a_short_batch_may_pass_a_long_one(service: Service) -> None:
    axis = {"path": "/steps", "values": [1000, 10**9]}
    made = submit(service.client, {**sweep(seeds=2), "sweep": {"axes": [axis], "seeds": {"count": 2}}})
    with service.db.write() as conn:
        lease = claim_short(conn, queue="cpu", worker="w", lease_seconds=60, waited_seconds=0)
        assert claim_short(conn, queue="cpu", worker="w", lease_seconds=60, waited_seconds=0) is None
    assert lease is not None
    assert {run.experiment_id for run in lease.runs} == {made["id"]}
    runs = service.client.get(f"/v1/experiments/{made['id']}/runs").json()["items"]
    assert [run["state"] for run in runs if run["steps"] == 1000] == ["running"] * 2
    assert [run["state"] for run in runs if run["steps"] == 10**9] == ["queued"] * 2
