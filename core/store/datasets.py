"""Uploaded datasets: kept once whatever their name, and for as long as an experiment uses them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.store.clock import now, utc
from core.store.ids import new_id
from core.store.listed import listed
from core.store.model import TERMINAL, Json
from core.store.tables import AnyRow, dataset_chunks, datasets, experiment_datasets, runs


class Chunk(NamedTuple):
    """Some of a dataset's numbers, one array behind the other: how many, and `encode`'s codec and bytes."""

    n: int
    codec: int
    data: bytes


class Extent(NamedTuple):
    """One array of a dataset: its shape, and the type of its numbers in the file that was uploaded."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class NewDataset:
    """What is to be kept: `content` is the SHA-256 of the numbers, `bytes` what the chunks take.

    `owner` is the id of the token that brings it.
    `labels` says of `targets` and `test_targets` what `core.spec.Labels` does, as JSON data.
    """

    content: str
    name: str | None
    arrays: Sequence[Extent]
    labels: Json
    bytes: int
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset without its numbers; `experiments` is how many use it."""

    id: str
    content: str
    name: str | None
    arrays: tuple[Extent, ...]
    labels: Json
    bytes: int
    created_at: datetime
    experiments: int
    owner: str | None


class DatasetInUse(ValueError):
    """Runs that have not ended learn from the dataset."""


class NoSuchDataset(ValueError):
    """A dataset that an experiment names is not there, or no longer."""


def insert_dataset(conn: Connection, new: NewDataset, chunks: Iterable[Chunk]) -> tuple[StoredDataset, bool]:
    """Keep a dataset, unless its content is kept already: the dataset, and whether it was not there before.

    One that was deleted and is kept for its experiments comes back under its old id.
    """
    fresh = new_id("ds_")
    while (known := _claim_content(conn, new, fresh)) is None:
        # Whoever had it deleted it between two statements.
        pass
    if known.id == fresh:
        for position, chunk in enumerate(chunks):
            row = {"dataset_id": fresh, "position": position, **chunk._asdict()}
            conn.execute(insert(dataset_chunks), row)
    elif known.deleted_at is not None:
        back = {"deleted_at": None, "name": new.name, "owner": new.owner, "created_at": now()}
        conn.execute(update(datasets).where(datasets.c.id == known.id).values(back))
    stored = find_dataset(conn, known.id)
    assert stored is not None
    return stored, known.id == fresh or known.deleted_at is not None


def bytes_added(conn: Connection, new: NewDataset) -> int:
    """What keeping a dataset would add to the bytes that its owner stores.

    Nothing where others have it; nor where it is the owner's own, deleted and kept for its experiments.
    """
    same = select(datasets.c.deleted_at, datasets.c.owner).where(datasets.c.content == new.content)
    known = conn.execute(same).first()
    return 0 if known is not None and (known.deleted_at is None or known.owner == new.owner) else new.bytes


def find_dataset(conn: Connection, dataset_id: str) -> StoredDataset | None:
    """The dataset of that id, unless it was deleted."""
    row = conn.execute(_SHOWN.where(datasets.c.id == dataset_id)).first()
    return None if row is None else _stored(row)


def list_datasets(conn: Connection, *, limit: int, before: str | None = None) -> list[StoredDataset]:
    """Up to `limit` datasets, newest first, from the one made before `before` on; without deleted ones."""
    query = _SHOWN.order_by(datasets.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(datasets.c.id < before)
    return [_stored(row) for row in conn.execute(query)]


def delete_dataset(conn: Connection, dataset_id: str) -> int | None:
    """Forget a dataset: the bytes freed, None where there is none.

    While experiments that have ended use it, its content stays, 0 bytes are freed, and it goes with the last
    of them. Raises DatasetInUse where runs of one have not ended.
    """
    shown = select(datasets.c.bytes).where(datasets.c.id == dataset_id, datasets.c.deleted_at.is_(None))
    size = conn.execute(shown.with_for_update()).scalar_one_or_none()
    if size is None:
        return None
    users = select(experiment_datasets.c.experiment_id).where(experiment_datasets.c.dataset_id == dataset_id)
    live = conn.execute(
        select(func.count(func.distinct(runs.c.experiment_id))).where(
            runs.c.experiment_id.in_(users), runs.c.state.not_in(TERMINAL)
        )
    ).scalar_one()
    if live:
        raise DatasetInUse(f"{live} experiments that have not ended use {dataset_id}")
    conn.execute(update(datasets).where(datasets.c.id == dataset_id).values(deleted_at=now()))
    return forget_unused(conn, [dataset_id])


def use_datasets(conn: Connection, experiment_id: str, ids: Collection[str]) -> None:
    """Note that an experiment uses datasets, which from now on stay as long as it does.

    Raises NoSuchDataset where one is not there.
    """
    asked = listed(conn, ((dataset_id,) for dataset_id in ids), id=Text())
    there = select(datasets.c.id).join(asked, asked.c.id == datasets.c.id).order_by(datasets.c.id)
    held = there.where(datasets.c.deleted_at.is_(None)).with_for_update(of=datasets, read=True)
    found = set(conn.execute(held).scalars())
    if missing := sorted(set(ids) - found):
        raise NoSuchDataset(f"no such dataset: {', '.join(missing)}")
    rows = [{"experiment_id": experiment_id, "dataset_id": dataset_id} for dataset_id in sorted(found)]
    conn.execute(insert(experiment_datasets), rows)


def datasets_of(conn: Connection, experiment_id: str) -> list[str]:
    """Ids of the datasets that an experiment uses."""
    mine = experiment_datasets.c.experiment_id == experiment_id
    return list(conn.execute(select(experiment_datasets.c.dataset_id).where(mine)).scalars())


def forget_unused(conn: Connection, ids: Collection[str] | None = None) -> int:
    """Let go of deleted datasets that no experiment uses any more, all or some: the bytes freed."""
    gone = select(datasets.c.id).where(datasets.c.deleted_at.is_not(None)).order_by(datasets.c.id)
    if ids is not None:
        gone = gone.where(datasets.c.id.in_(ids))
    # Of two that delete the last users at once, the second must see what the first has done.
    held = list(conn.execute(gone.with_for_update()).scalars())
    if not held:
        return 0
    used = exists().where(experiment_datasets.c.dataset_id == datasets.c.id)
    removed = delete(datasets).where(datasets.c.id.in_(held), ~used).returning(datasets.c.bytes)
    return sum(conn.execute(removed).scalars())


# Users of a dataset, as a column of its row.
_USERS = (
    select(func.count())
    .select_from(experiment_datasets)
    .where(experiment_datasets.c.dataset_id == datasets.c.id)
    .correlate(datasets)
    .scalar_subquery()
)
_SHOWN = select(datasets, _USERS.label("experiments")).where(datasets.c.deleted_at.is_(None))


def _claim_content(conn: Connection, new: NewDataset, fresh: str) -> AnyRow | None:
    """The row that has the content: a new one of the id `fresh`, or the one there is, locked."""
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    fields: dict[str, Any] = {
        "id": fresh,
        "content": new.content,
        "name": new.name,
        "arrays": [extent._asdict() | {"shape": list(extent.shape)} for extent in new.arrays],
        "labels": new.labels,
        "bytes": new.bytes,
        "owner": new.owner,
    }
    first = dialect.insert(datasets).values(**fields, created_at=now())
    conn.execute(first.on_conflict_do_nothing(index_elements=[datasets.c.content]))
    same = select(datasets.c.id, datasets.c.deleted_at).where(datasets.c.content == new.content)
    return conn.execute(same.with_for_update()).first()


def _stored(row: AnyRow) -> StoredDataset:
    return StoredDataset(
        id=row.id,
        content=row.content,
        name=row.name,
        arrays=extents_in(row.arrays),
        labels=row.labels,
        bytes=row.bytes,
        created_at=utc(row.created_at),
        experiments=row.experiments,
        owner=row.owner,
    )


def extents_in(arrays: Iterable[Json]) -> tuple[Extent, ...]:
    """The arrays of a dataset as its row has them."""
    return tuple(Extent(one["name"], tuple(one["shape"]), one["dtype"]) for one in arrays)
