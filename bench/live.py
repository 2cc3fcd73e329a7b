"""Streams of events: how late an event reaches 200 listeners of one API process, and what they cost it."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.machine import Machine
from bench.served import api, resident, state_folder
from bench.table import NONE, Bar, Row
from core.store import Claimed, Database, claim, last_seq, note_crossings, open_database

LISTENERS, EVENTS, PAUSE = 200, 100, 0.13
"""The pause is no multiple of the hub's period, so that events fall anywhere in it."""
SPEC = {
    "problem": {"kind": "sparse_recovery"},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 1000,
}


def rows(machine: Machine) -> Iterator[Row]:
    """Wall time from the commit of an event to its arrival; half of the listeners follow the experiment."""
    with state_folder() as environment, api(environment) as (url, process):
        made = httpx.post(f"{url}/v1/experiments", json=SPEC).raise_for_status().json()
        run = httpx.get(f"{url}{made['links']['runs']}").raise_for_status().json()["items"][0]
        db = open_database(f"sqlite:///{environment['GROKLAB_STATE_DIR']}/groklab.db")
        try:
            before = resident(process)
            heard = asyncio.run(_listen(url, [made["links"]["stream"], run["links"]["stream"]], db, process))
        finally:
            db.dispose()
    late = sorted(heard.late)
    assert len(late) == LISTENERS * EVENTS
    median, tail = (1e3 * late[int(part * len(late))] for part in (0.5, 0.99))
    work = f"event from commit to each of {LISTENERS} listeners, p99"
    yield Row(work, f"{tail:.3g} ms", f"p50 {median:.3g} ms", tail, "ms", Bar(500.0, 250.0, at_most=True))
    work = f"API resident memory, {LISTENERS} streams"
    beside = f"{heard.resident - before:.3g} MB more than without"
    yield Row(work, f"{heard.resident:.3g} MB", beside, heard.resident, "MB", Bar(150.0, at_most=True))
    yield Row(f"API cores in use, {LISTENERS} idle streams", f"{heard.idle:.2g}", NONE, heard.idle, "cores")


@dataclass
class _Heard:
    late: list[float] = field(default_factory=list)
    resident: float = 0.0
    idle: float = 0.0


async def _listen(url: str, paths: list[str], db: Database, process: int) -> _Heard:
    with db.write() as conn:
        lease = claim(conn, queue="cpu", worker="bench", lease_seconds=600)
    assert lease is not None
    (run,) = lease.runs
    heard, committed, ready = _Heard(), dict[int, float](), asyncio.Semaphore(0)
    with db.read() as conn:
        last = last_seq(conn)
    address = httpx.URL(url)
    listeners = [
        asyncio.create_task(_one(address, path, last, heard, committed, ready))
        for path in paths * (LISTENERS // len(paths))
    ]
    for _ in listeners:
        await ready.acquire()
    begin, used = time.perf_counter(), _cpu_seconds(process)
    await asyncio.sleep(5)
    heard.idle = (_cpu_seconds(process) - used) / (time.perf_counter() - begin)
    for step in range(EVENTS):
        # In a thread: the listeners must not wait for the commit.
        await asyncio.to_thread(_note, db, run, step, committed)
        await asyncio.sleep(PAUSE)
    heard.resident = resident(process)
    await asyncio.gather(*listeners)
    return heard


async def _one(
    url: httpx.URL,
    path: str,
    last: int,
    heard: _Heard,
    committed: dict[int, float],
    ready: asyncio.Semaphore,
) -> None:
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {url.host}\r\nLast-Event-ID: {last}\r\n\r\n".encode())
    seen = 0
    while seen < EVENTS:
        line = await reader.readline()
        if line.startswith(b"retry:"):
            ready.release()
        elif line.startswith(b"id: "):
            now = time.perf_counter()
            seen += 1
            seq = int(line[4:])
            # An event may arrive before the thread that committed it has said so.
            while seq not in committed:
                await asyncio.sleep(0)
            heard.late.append(max(0.0, now - committed[seq]))
    writer.close()


def _note(db: Database, run: Claimed, step: int, committed: dict[int, float]) -> None:
    with db.write() as conn:
        note_crossings(conn, [(run, {"t1": step})])
        seq = last_seq(conn)
    committed[seq] = time.perf_counter()


def _cpu_seconds(pid: int) -> float:
    """CPU time of the threads of a process so far."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
