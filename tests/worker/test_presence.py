"""What a worker process tells about itself."""

import time

from core.store import Database, list_workers
from worker.presence import Presence
from worker.shutdown import Shutdown


def test_the_device_is_told_with_every_beat(db: Database) -> None:
    told = {"device": "NVIDIA H100", "visible": "GPU-8932f937"}
    presence = Presence(db, "host:1:abc", "gpu", Shutdown(), 10.0, lambda: told)
    presence.start()
    try:
        end = time.monotonic() + 20
        with presence.work():
            while True:
                with db.read() as conn:
                    found = [(worker.state, worker.info) for worker in list_workers(conn, 60)]
                if found == [("busy", told)]:
                    break
                assert time.monotonic() < end, found
                time.sleep(0.05)
    finally:
        presence.stop()
    with db.read() as conn:
        assert list_workers(conn, 60) == []
