"""A service in a process of its own with one of everything, most of it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from httpx import URL, Client

from core.store import open_database, upgrade
from tests.api.archives import GOOD, npz, upload
from tests.api.played import PlayedWorker, run_ids, submit, sweep
from tests.api.process import process, resident_bytes
from tests.api.receiver import SECRET

_GROWTH = 48 * 2**20


@dataclass(frozen=True, slots=True)
class World:
    """The service and the ids of what is in it, by the names of the parameters of paths."""

    client: Client
    pid: int
    ids: dict[str, list[str]]

    @property
    def base(self) -> URL:
        """Where it is."""
        return self.client.base_url


@contextmanager
def world(folder: Path, url: str) -> Iterator[World]:
    """The service over this database, still without tables."""
    upgrade(url)
    db = open_database(url)
    try:
        with process(folder, url) as (running, base), Client(base_url=base, timeout=60) as client:
            made = [submit(client, sweep(seeds=3, l1=[1e-4 * (n + 1)])) for n in range(2)]
            played = PlayedWorker(db)
            played.finish_everything()
            runs = run_ids(client, made[0])
            verifications = [client.post(f"/v1/runs/{runs[0]}/verify").json()["id"] for _ in range(2)]
            played.finish_everything()
            hooks = [
                client.post("/v1/webhooks", json={"url": f"https://1.1.1.{n}/", "secret": SECRET}).json()
                for n in range(2)
            ]
            datasets = [
                upload(client, npz({**GOOD, "targets": GOOD["targets"] + n})).json() for n in range(2)
            ]
            ids = {
                "experiment_id": [item["id"] for item in made],
                "run_id": runs,
                "verification_id": verifications,
                "dataset_id": [item["id"] for item in datasets],
                "webhook_id": [item["id"] for item in hooks],
                "name": ["curves.csv"],
            }
            yield World(client, running.pid, ids)
    finally:
        db.dispose()


@contextmanager
def unharmed(service: World) -> Iterator[None]:
    """The service lives on afterwards and holds little more memory than before."""
    before = resident_bytes(service.pid)
    yield
    assert service.client.get("/livez").status_code == 200
    assert resident_bytes(service.pid) - before < _GROWTH
