"""The files that a run leaves behind, kept with its recording."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Connection, Text, delete, func, insert, select, tuple_

from core.store.clock import now, utc
from core.store.listed import listed
from core.store.recorded import StoredArtifact
from core.store.tables import artifacts


def store_artifacts(conn: Connection, items: Mapping[int, Mapping[str, bytes]]) -> None:
    """Keep files by recording and name, in place of older ones; without a fence."""
    new = {(recording, name): data for recording, files in items.items() for name, data in files.items()}
    if not new:
        return
    asked = listed(conn, new, id=BigInteger(), name=Text())
    mine = tuple_(artifacts.c.recording_id, artifacts.c.name).in_(select(asked.c.id, asked.c.name))
    conn.execute(delete(artifacts).where(mine))
    conn.execute(
        insert(artifacts).values(created_at=now()),
        [{"recording_id": recording, "name": name, "data": data} for (recording, name), data in new.items()],
    )


def list_artifacts(conn: Connection, recording_id: int) -> list[StoredArtifact]:
    """The kept files of a recording, by name, without their contents."""
    query = (
        select(artifacts.c.name, artifacts.c.created_at, func.length(artifacts.c.data).label("size"))
        .where(artifacts.c.recording_id == recording_id)
        .order_by(artifacts.c.name)
    )
    return [StoredArtifact(row.name, row.size, utc(row.created_at)) for row in conn.execute(query)]


def read_artifact(conn: Connection, recording_id: int, name: str) -> bytes | None:
    """The contents of a kept file, None where there is none of that name."""
    query = select(artifacts.c.data).where(artifacts.c.recording_id == recording_id, artifacts.c.name == name)
    data: bytes | None = conn.execute(query).scalar_one_or_none()
    return data
