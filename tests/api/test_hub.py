"""The hub and what it does for those who are slow, late, or many."""

import asyncio
import threading
from collections.abc import AsyncGenerator

import pytest
from prometheus_client import Gauge

from api.live import Hub, Opening, follow, wait_while
from api.live.listener import Listener
from core.store import Claimed, Database, Horizon, Topic, last_seq, last_seq_of, look_at, note_crossings
from core.store.events import record
from tests.api.streams import Message, messages
from tests.core.store.samples import claimed, submit

MANY = 600
"""More events than a listener has room for."""


def _hub(db: Database) -> Hub:
    return Hub(db, threading.Event(), 10, Gauge("streams", "of a test", registry=None))


def _opening(db: Database, topic: Topic, after: int | None = 0) -> Opening:
    with db.read() as conn:
        last = last_seq_of(conn, topic)
        return Opening(topic, after, last, True, look_at(conn, [topic])[topic], last_seq(conn))


def _note(db: Database, run: Claimed, steps: range) -> None:
    with db.write() as conn:
        record(conn, ((run.run_id, run.experiment_id, "t1", {"step": step}) for step in steps))


async def _until(pieces: AsyncGenerator[bytes, None], step: int) -> list[Message]:
    """What is told up to the crossing at that step."""
    heard: list[Message] = []
    async for piece in pieces:
        heard += messages(piece.decode().split("\n"))
        if any(message.data.get("step") == step for message in heard if message.name == "t1"):
            break
    return heard


async def _passed(hub: Hub, seq: int) -> None:
    while (hub.position or 0) < seq:
        await asyncio.sleep(0.01)


def test_who_is_slow_misses_nothing_and_holds_up_nobody(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    topic = Topic("run", run.run_id)

    async def listen() -> tuple[list[Message], list[Message]]:
        hub = _hub(db)
        slow, quick = (follow(hub, _opening(db, topic)) for _ in range(2))
        _note(db, run, range(1))
        begin = await _until(slow, 0)
        others = await _until(quick, 0)
        for end in (MANY // 2, MANY):
            _note(db, run, range(end - MANY // 2 + 1, end + 1))
            others += await _until(quick, end)
        begin += await _until(slow, MANY)
        for pieces in (slow, quick):
            await pieces.aclose()
        await hub.close()
        return begin, others

    for heard in asyncio.run(listen()):
        assert [m.data["step"] for m in heard if m.name == "t1"] == list(range(MANY + 1))
        ids = [message.id for message in heard if message.id is not None]
        assert len(ids) == MANY + 3
        assert ids == sorted(ids)


def test_an_experiment_is_told_in_the_order_of_its_ids_whoever_commits_first(postgres_db: Database) -> None:
    db = postgres_db
    submit(db, 2)
    first, second = claimed(db).runs
    topic = Topic("experiment", first.experiment_id)

    async def listen() -> list[Message]:
        hub = _hub(db)
        pieces = follow(hub, _opening(db, topic, after=None))
        heard: list[Message] = []
        reading = asyncio.create_task(_until(pieces, 1))
        await _passed(hub, 1)
        with db.write() as slow:
            note_crossings(slow, [(first, {"t1": 2})])
            _note(db, second, range(1, 2))
            await asyncio.sleep(0.5)
            assert not reading.done(), "the event of the first may still come, and its id is lower"
        heard = await reading
        await pieces.aclose()
        await hub.close()
        return heard

    heard = [message for message in asyncio.run(listen()) if message.name == "t1"]
    assert [(m.data["run"], m.data["step"]) for m in heard] == [(first.run_id, 2), (second.run_id, 1)]


class _Counted(Horizon):
    looks = 0

    def look(self) -> int | None:
        self.looks += 1
        return super().look()


def test_the_hub_rests_while_nobody_listens(db: Database) -> None:
    topic = Topic("run", submit(db).runs[0].id)

    async def listen() -> None:
        hub = _hub(db)
        hub._horizon = counted = _Counted(db)
        await asyncio.sleep(0.3)
        assert counted.looks == 0
        with hub.listen(topic):
            while counted.looks < 2:
                await asyncio.sleep(0.01)
        while hub._task is not None and not hub._task.done():
            await asyncio.sleep(0.01)
        before = counted.looks
        await asyncio.sleep(0.3)
        assert counted.looks == before
        await hub.close()

    asyncio.run(listen())


def test_the_hub_never_hears_of_what_is_not_there(db: Database) -> None:
    def look() -> None:
        raise LookupError

    async def gone() -> bool:
        return False

    async def wait() -> None:
        hub = _hub(db)
        with pytest.raises(LookupError):
            await wait_while(hub, Topic("run", "run_\0"), look, lambda a, b: True, 30, gone)
        assert hub._task is None, "no database could be asked for that id"

    asyncio.run(wait())


def test_a_full_buffer_is_dropped_and_taken_up_behind_it() -> None:
    listener = Listener(Topic("run", "run_1"), 2, begins=10)
    for seq in (11, 12):
        listener.put(seq, b"%d" % seq)
    assert listener.begins == 10
    listener.put(13, b"13")
    listener.put(14, b"14")
    assert (listener.begins, listener.take()) == (13, [(14, b"14")])
    assert listener.take() == []
