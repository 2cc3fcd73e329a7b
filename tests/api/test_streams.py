"""Streams: history first, then what happens, then the end; the same again from any id."""

import asyncio
import sys
from contextlib import ExitStack

import pytest
from httpx import Client

from core.store import note_crossings, write_frames
from tests.api.played import Json, PlayedWorker, eventually, run_ids, spec, submit, sweep
from tests.api.served import Service, served
from tests.api.streams import ids_of, listening, open_streams
from tests.core.store.samples import frame
from worker.settings import Settings


def _run(client: Client, experiment: Json, cell: int = 0) -> Json:
    run: Json = client.get(f"/v1/runs/{run_ids(client, experiment)[cell]}").json()
    return run


def test_a_run_is_followed_from_its_birth_to_its_end(client: Client, worker: PlayedWorker) -> None:
    run = _run(client, submit(client))
    with listening(client, run) as stream:
        headers = stream.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert stream.state("queued").data["kind"] == "created"
        assert stream.named("progress").data["step"] == 0
        (claimed,) = worker.claim().runs
        assert stream.state("running").data["kind"] == "claimed"
        worker.write(claimed, range(5), train_error=[1, 1, 1, 1, 1], test_error=[1, 1, 1, 1, 1])
        points = stream.named("points")
        assert points.id is None
        assert points.data["runs"] == [run["id"]]
        assert set(points.data["metrics"]) == {"train_error", "test_error"}
        assert (points.data["after_step"], points.data["to_step"]) == (None, 4)
        worker.write(claimed, [5, 8], train_error=[1, 1], test_error=[1, 1])
        with worker.db.write() as conn:
            note_crossings(conn, [(claimed, {"t1": 5, "t2": 8})])
        assert [stream.named(name).data["step"] for name in ("t1", "t2")] == [5, 8]
        worker.finish(claimed)
        end = stream.state("succeeded")
        assert end.data["kind"] == "finished"
        assert end.data["data"]["outcome"] == "grokked"
        stream.rest()
    last = stream.heard[-1]
    assert (last.name, last.data) == ("end", {"reason": "ended", "state": "succeeded"})
    told = [m.data for m in stream.heard if m.name == "points"]
    assert [(p["after_step"], p["to_step"]) for p in told] == [(None, 4), (4, 8)]
    events = client.get(f"/v1/runs/{run['id']}/events").json()["items"]
    assert stream.ids == [event["seq"] for event in events]


def test_every_id_replays_what_came_after_it(client: Client, worker: PlayedWorker) -> None:
    run = _run(client, submit(client))
    worker.finish_everything()
    with listening(client, run) as stream:
        stream.rest()
    whole = stream.history
    assert [message.data["state"] for message in whole] == ["queued", "running", "succeeded"]
    for place, message in enumerate(whole[:-1]):
        with listening(client, run, last=message.id) as again:
            again.rest()
        assert again.history == whole[place + 1 :]
    path = run["links"]["stream"]
    assert client.get(path, headers={"Last-Event-ID": str(whole[-1].id)}).status_code == 204
    assert client.get(path, params={"last_event_id": whole[-1].id}).status_code == 204
    with listening(client, run, last=whole[0].id, last_event_id=whole[1].id) as again:
        again.rest()
    assert again.history == whole[1:], "the header is newer than an address"


def test_a_restart_and_another_process_go_on_where_a_stream_ended(
    service: Service, worker: PlayedWorker
) -> None:
    made = submit(service.client, sweep(seeds=3))
    with listening(service.client, made) as stream:
        lease = worker.claim()
        stream.state("running")
        for claimed in lease.runs:
            worker.finish(claimed)
        with served(service.settings) as other:
            last = stream.ids[-1]
            with listening(other, made, last=last) as elsewhere:
                elsewhere.rest()
        with served(service.settings) as restarted, listening(restarted, made) as again:
            again.rest()
        stream.rest()
    assert stream.history == again.history
    assert elsewhere.history == [message for message in again.history if (message.id or 0) > last]
    assert elsewhere.history
    assert stream.ids == sorted(set(stream.ids))


def test_an_experiment_tells_of_all_its_runs(client: Client, worker: PlayedWorker) -> None:
    other = submit(client, spec(seed=99))
    made = submit(client, sweep(seeds=3))
    with listening(client, made) as stream:
        assert [stream.state("queued").data["run"] for _ in range(3)] == run_ids(client, made)
        progress = stream.named("progress").data
        assert (progress["experiment"], progress["counts"]["queued"]) == (made["id"], 3)
        assert worker.claim().runs[0].experiment_id == other["id"]
        lease = worker.claim()
        with worker.db.write() as conn:
            write_frames(conn, [(claimed, frame([0, 1], "train_error")) for claimed in lease.runs])
        points = stream.named("points").data
        assert points["runs"] == run_ids(client, made)
        assert (points["metrics"], points["to_step"]) == (["train_error"], 1)
        for claimed in lease.runs:
            worker.finish(claimed)
        stream.rest()
    assert stream.heard[-1].data == {"reason": "ended", "state": "succeeded"}
    assert {m.data["run"] for m in stream.history} == set(run_ids(client, made))
    kinds = [message.data["kind"] for message in stream.history]
    assert kinds == ["created"] * 3 + ["claimed"] * 3 + ["finished"] * 3


def test_without_history_it_begins_with_what_comes(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    with listening(client, made, history="false") as stream:
        stream.named("progress")
        worker.finish_everything()
        stream.rest()
    assert [message.data["kind"] for message in stream.history] == ["claimed", "finished"]
    with listening(client, made, history="false") as stream:
        stream.rest()
    assert [message.name for message in stream.heard] == ["end"]


def test_deleting_ends_a_stream(client: Client) -> None:
    made = submit(client)
    with listening(client, made) as stream:
        stream.named("progress")
        client.delete(made["links"]["self"], params={"force": "true"})
        stream.rest()
    assert stream.heard[-1].data == {"reason": "deleted", "state": None}
    assert client.get(made["links"]["stream"]).status_code == 404


def test_a_listener_that_left_frees_its_place(settings: Settings) -> None:
    few = settings.model_copy(update={"max_streams": 2})
    with served(few) as client:
        made = submit(client)
        with listening(client, made) as one, listening(client, made) as two:
            one.named("progress")
            two.named("progress")
            refused = client.get(made["links"]["stream"])
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        eventually(lambda: open_streams(client) == 0)
        with listening(client, made) as after:
            after.named("progress")


def test_a_head_has_no_body_and_an_end(shared_client: Client) -> None:
    made = submit(shared_client)
    answer = shared_client.head(made["links"]["stream"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "9" * 19, "٣"])
def test_an_id_that_is_none_is_refused(shared_client: Client, given: str) -> None:
    made = submit(shared_client)
    query = shared_client.get(made["links"]["stream"], params={"last_event_id": given})
    assert (query.status_code, query.json()["errors"][0]["pointer"]) == (422, "/query/last_event_id")
    header = shared_client.get(made["links"]["stream"], headers={b"Last-Event-ID": given.encode()})
    assert (header.status_code, header.json()["errors"][0]["pointer"]) == (422, "/header/Last-Event-ID")


def test_only_what_there_is_is_streamed_and_only_as_events(shared_client: Client) -> None:
    assert shared_client.get("/v1/runs/run_x/stream").status_code == 404
    assert shared_client.get("/v1/experiments/exp_x/stream").status_code == 404
    made = submit(shared_client)
    wrong = shared_client.get(made["links"]["stream"], headers={"Accept": "application/json"})
    assert wrong.status_code == 406


def test_a_quiet_stream_shows_that_it_lives(sqlite_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["api.live.follow"], "HEARTBEAT_SECONDS", 0.2)
    with listening(sqlite_client, submit(sqlite_client)) as stream:
        stream.named("progress")
        assert [stream.until(lambda m: m.name == "") for _ in range(2)]


def test_two_hundred_listen_to_one_process(service: Service, worker: PlayedWorker) -> None:
    made = submit(service.client, sweep(seeds=2))
    links = [made["links"]["stream"], _run(service.client, made)["links"]["stream"]]

    async def listen_and_finish() -> list[list[int]]:
        listeners = [asyncio.create_task(ids_of(service.client, path)) for path in links * 100]
        while open_streams(service.client) < 200:
            await asyncio.sleep(0.05)
        worker.finish_everything()
        return await asyncio.gather(*listeners)

    heard = asyncio.run(listen_and_finish())
    assert {len(ids) for ids in heard[::2]} == {6}
    assert {len(ids) for ids in heard[1::2]} == {3}
    assert len({tuple(ids) for ids in heard}) == 2
    assert open_streams(service.client) == 0


def test_a_process_that_ends_closes_its_streams(
    settings: Settings, own_worker: PlayedWorker, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as streams:
        with served(settings) as client:
            made = submit(client)
            # A client of its own: that of the service is closed before the service ends.
            own = streams.enter_context(Client(base_url=client.base_url))
            stream = streams.enter_context(listening(own, made))
            stream.named("progress")
        assert "end" not in {message.name for message in stream.rest()}
    assert "timeout graceful shutdown exceeded" not in caplog.text
    own_worker.finish_everything()
    with served(settings) as client, listening(client, made, last=stream.ids[-1]) as again:
        again.rest()
    assert [message.data["kind"] for message in again.history] == ["claimed", "finished"]
