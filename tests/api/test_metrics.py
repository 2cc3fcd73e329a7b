"""`GET /metrics`: the format, what each number says, and that no request can add series without bound."""

from collections.abc import Iterable

from httpx import Client
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from core.store import Database, beat, beat_worker
from tests.api.played import PlayedWorker, eventually, submit, sweep
from tests.api.served import served
from worker.settings import Settings


def scrape(client: Client) -> dict[str, Metric]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {metric.name: metric for metric in text_string_to_metric_families(answer.text)}


def value(metrics: dict[str, Metric], sample: str, **labels: str) -> float:
    found = [
        one.value
        for metric in metrics.values()
        for one in metric.samples
        if one.name == sample and labels.items() <= one.labels.items()
    ]
    assert len(found) == 1, (sample, labels, found)
    return found[0]


def routes(metrics: dict[str, Metric]) -> Iterable[tuple[str, str, str]]:
    return {
        (one.labels["route"], one.labels["method"], one.labels["status"])
        for one in metrics["groklab_http_requests"].samples
    }


def test_every_metric_is_named_typed_and_told(sqlite_client: Client) -> None:
    submit(sqlite_client)
    metrics = scrape(sqlite_client)
    own = {name for name in metrics if name.startswith("groklab_")}
    assert own == {
        "groklab_build_info",
        "groklab_database_connections",
        "groklab_database_up",
        "groklab_http_request_duration_seconds",
        "groklab_http_requests",
        "groklab_http_requests_in_progress",
        "groklab_http_streams",
        "groklab_lease_losses",
        "groklab_queue_batches",
        "groklab_queue_oldest_age_seconds",
        "groklab_queue_runs",
        "groklab_runs",
        "groklab_training_steps_per_second",
        "groklab_wakes",
        "groklab_workers",
    }
    assert {"process_cpu_seconds", "process_resident_memory_bytes"} <= metrics.keys()
    for name in own:
        assert metrics[name].documentation
        assert metrics[name].type in ("counter", "gauge", "histogram")


def test_they_tell_what_waits_who_works_and_how_fast(
    settings: Settings, db: Database, own_worker: PlayedWorker
) -> None:
    with served(settings) as client:
        submit(client, sweep(seeds=4))
        lease = own_worker.claim()
        submit(client, sweep(seeds=3, l1=[1e-3, 1e-4]))
        with db.write() as conn:
            beat(conn, lease, {}, 250.0, 60)
            beat_worker(conn, "w1", queue="cpu", host="h", pid=1, state="busy")
            beat_worker(conn, "w2", queue="gpu", host="h", pid=2, state="refusing")
        metrics = scrape(client)
    assert value(metrics, "groklab_database_up") == 1
    assert value(metrics, "groklab_queue_runs", queue="cpu") == 6
    assert value(metrics, "groklab_queue_batches", queue="cpu") >= 1
    assert value(metrics, "groklab_queue_runs", queue="gpu") == 0
    assert 0 < value(metrics, "groklab_queue_oldest_age_seconds", queue="cpu") < 60
    assert value(metrics, "groklab_queue_oldest_age_seconds", queue="gpu") == 0
    assert value(metrics, "groklab_runs", state="queued") == 6
    assert value(metrics, "groklab_runs", state="running") == 4
    assert value(metrics, "groklab_training_steps_per_second", queue="cpu") == 1000
    assert value(metrics, "groklab_workers", queue="cpu", state="busy") == 1
    assert value(metrics, "groklab_workers", queue="cpu", state="idle") == 0
    assert value(metrics, "groklab_workers", queue="gpu", state="refusing") == 1


def test_runs_that_ended_are_counted_in_time(
    settings: Settings, db: Database, own_worker: PlayedWorker
) -> None:
    with served(settings) as client:
        submit(client, sweep(seeds=3))
        own_worker.finish_everything()
        eventually(lambda: 'groklab_runs{state="succeeded"} 3.0' in client.get("/metrics").text, 20)
        assert value(scrape(client), "groklab_runs", state="failed") == 0


def test_requests_count_under_their_template_and_the_unknown_as_one(sqlite_client: Client) -> None:
    for number in range(5):
        sqlite_client.get(f"/v1/runs/run_{number}")
        sqlite_client.get(f"/nowhere/{number}")
        sqlite_client.request("PROPFIND", "/livez")
    sqlite_client.head("/livez")
    metrics = scrape(sqlite_client)
    assert routes(metrics) == {
        ("/v1/runs/{run_id}", "GET", "4xx"),
        ("unknown", "GET", "4xx"),
        ("/livez", "other", "4xx"),
        ("/livez", "HEAD", "2xx"),
    }
    labels = {"route": "/v1/runs/{run_id}", "method": "GET", "status": "4xx"}
    assert value(metrics, "groklab_http_requests_total", **labels) == 5
    assert value(metrics, "groklab_http_request_duration_seconds_count", **labels) == 5
    assert value(metrics, "groklab_http_request_duration_seconds_bucket", le="+Inf", **labels) == 5
    assert value(metrics, "groklab_http_requests_in_progress") == 1


def test_time_that_a_request_asked_to_wait_is_no_latency(sqlite_client: Client) -> None:
    path = submit(sqlite_client)["links"]["self"]
    sqlite_client.get(f"{path}?wait=1")
    metrics = scrape(sqlite_client)
    template = "/v1/experiments/{experiment_id}"
    assert value(metrics, "groklab_http_requests_total", route=template) == 1
    timed = {one.labels["route"] for one in metrics["groklab_http_request_duration_seconds"].samples}
    assert timed == {"/v1/experiments"}


def test_lost_leases_are_counted(settings: Settings, db: Database, own_worker: PlayedWorker) -> None:
    with served(settings.model_copy(update={"lease_seconds": 1.0})) as client:
        assert value(scrape(client), "groklab_lease_losses_total", result="requeued") == 0
        submit(client, sweep(seeds=2))
        own_worker.claim(lease_seconds=0.05)
        eventually(lambda: value(scrape(client), "groklab_lease_losses_total", result="requeued") == 2)


def test_a_wake_that_cannot_be_sent_is_counted(sqlite_settings: Settings) -> None:
    away = sqlite_settings.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"})
    with served(away) as client:
        submit(client)
        eventually(lambda: value(scrape(client), "groklab_wakes_total", result="failed") == 1)
        assert value(scrape(client), "groklab_wakes_total", result="sent") == 0


def test_without_its_database_the_process_tells_its_own(sqlite_settings: Settings) -> None:
    away = sqlite_settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/none"})
    with served(away) as client:
        client.get("/v1/experiments")
        metrics = scrape(client)
    assert value(metrics, "groklab_database_up") == 0
    assert value(metrics, "groklab_http_requests_total", route="/v1/experiments", status="5xx") == 1
    assert not {"groklab_runs", "groklab_queue_runs", "groklab_workers"} & metrics.keys()


def test_a_database_that_is_not_migrated_has_no_numbers(sqlite_settings: Settings, blank_url: str) -> None:
    with served(sqlite_settings.model_copy(update={"database_url": blank_url})) as client:
        assert value(scrape(client), "groklab_database_up") == 0
        answer = client.get("/v1/experiments")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "groklab migrate" in answer.json()["detail"]
