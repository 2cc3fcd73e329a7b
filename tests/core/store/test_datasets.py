"""Datasets in the store: content once, chunks that come back bit for bit, references that keep it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select, update

from core.store import (
    Chunk,
    Database,
    DatasetCache,
    DatasetInUse,
    ExperimentState,
    Extent,
    NewDataset,
    NoSuchDataset,
    StoredDataset,
    begin_hash,
    delete_dataset,
    delete_experiment,
    encode,
    find_dataset,
    insert_dataset,
    insert_experiment,
    list_datasets,
)
from core.store.dataset_content import Damaged
from core.store.retention import Pruned, foresee, prune
from core.store.tables import dataset_chunks, datasets
from tests.core.store.samples import claimed, experiment, submit, succeed

Arrays = dict[str, Any]
ENDED: tuple[ExperimentState, ...] = ("succeeded",)
HARD = {
    "inputs": np.array([[0.1, 1e100], [1e-100, -3.0], [0.0, 2.0**53]]),
    "targets": np.array([0.0, 1.0, 4.0]),
}


def keep(db: Database, arrays: Arrays = HARD, name: str | None = None, size: int = 4) -> StoredDataset:
    """Stores the arrays in chunks of so many numbers."""
    extents = [Extent(part, array.shape, "float64") for part, array in arrays.items()]
    numbers = np.concatenate([array.ravel() for array in arrays.values()])
    told = begin_hash(extents)
    told.update(numbers.tobytes())
    parts = [numbers[at : at + size] for at in range(0, len(numbers), size)]
    chunks = [Chunk(len(part), *encode(part)) for part in parts]
    labels = {"targets": {"largest": float(arrays["targets"].max()), "odd": None}}
    held = sum(len(chunk.data) for chunk in chunks)
    with db.write() as conn:
        return insert_dataset(conn, NewDataset(told.hexdigest(), name, extents, labels, held), chunks)[0]


def use(db: Database, dataset_id: str, **changes: Any) -> str:
    """An experiment that uses the dataset: its id."""
    return submit(db, datasets=(dataset_id,), **changes).id


def chunks_in(db: Database) -> int:
    with db.read() as conn:
        return int(conn.execute(select(func.count()).select_from(dataset_chunks)).scalar_one())


@pytest.mark.parametrize("size", [1, 4, 100])
def test_numbers_come_back_as_they_were(db: Database, size: int) -> None:
    kept = keep(db, size=size)
    found = DatasetCache().uploads(db, [kept.id, "ds_" + "0" * 26], deleted=False)
    assert found.keys() == {kept.id}
    told = found[kept.id]
    assert told.content == kept.content
    assert told.shapes == {"inputs": (3, 2), "targets": (3,)}
    assert told.labels["targets"].largest == 4.0
    arrays = told.load()
    for name, array in HARD.items():
        assert arrays[name].tobytes() == array.tobytes()
        assert not arrays[name].flags.writeable
    assert told.load() is arrays


def test_content_is_kept_once(db: Database) -> None:
    first = keep(db, name="first")
    assert keep(db, name="second") == first
    assert chunks_in(db) == 3
    other = keep(db, {**HARD, "targets": HARD["targets"] + 1})
    with db.read() as conn:
        assert [one.id for one in list_datasets(conn, limit=9)] == [other.id, first.id]
        assert [one.id for one in list_datasets(conn, limit=9, before=other.id)] == [first.id]


def test_shapes_are_part_of_the_content(db: Database) -> None:
    flat = {"inputs": np.arange(6.0).reshape(2, 3), "targets": np.zeros(2)}
    tall = {"inputs": np.arange(6.0).reshape(2, 3), "targets": np.zeros(2)}
    assert keep(db, flat).id == keep(db, tall).id
    assert (
        keep(db, {"inputs": np.arange(4.0).reshape(1, 4), "targets": np.zeros(1)}).id
        != keep(db, {"inputs": np.arange(4.0).reshape(2, 2), "targets": np.zeros(1)}).id
    )


def test_many_who_upload_the_same_at_once_get_one(db: Database) -> None:
    start = threading.Barrier(4)

    def one(_: int) -> str:
        start.wait()
        return keep(db).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    assert chunks_in(db) == 3


def test_damage_is_noticed(db: Database) -> None:
    kept = keep(db, size=100)
    codec, data = encode(np.arange(9.0))
    with db.write() as conn:
        conn.execute(update(dataset_chunks).values(codec=codec, data=data))
    with pytest.raises(Damaged, match=kept.id):
        DatasetCache().uploads(db, [kept.id], deleted=False)[kept.id].load()
    with db.write() as conn:
        conn.execute(dataset_chunks.delete())
    with pytest.raises(Damaged, match=kept.id):
        DatasetCache().uploads(db, [kept.id], deleted=False)[kept.id].load()


def test_memory_holds_what_was_read_lately_up_to_its_bound(db: Database) -> None:
    ids = [keep(db, {**HARD, "targets": HARD["targets"] + n}).id for n in range(3)]
    cache = DatasetCache(kept_bytes=2 * 9 * 8)
    loads = [cache.uploads(db, [id], deleted=False)[id].load for id in ids]
    first = loads[0]()
    loads[1]()
    assert loads[0]() is first
    loads[2]()
    assert loads[0]() is first
    assert DatasetCache(kept_bytes=0).uploads(db, ids, deleted=False)[ids[0]].load().keys() == first.keys()


def test_an_experiment_keeps_what_it_uses(db: Database) -> None:
    kept = keep(db)
    mine, other = use(db, kept.id), use(db, kept.id)
    with db.write() as conn:
        found = find_dataset(conn, kept.id)
        assert found is not None
        assert found.experiments == 2
        with pytest.raises(DatasetInUse, match="2 experiments"):
            delete_dataset(conn, kept.id)
    succeed(db, claimed(db).runs)
    succeed(db, claimed(db).runs)
    with db.write() as conn:
        assert delete_dataset(conn, kept.id) == 0
        assert delete_dataset(conn, kept.id) is None
        assert find_dataset(conn, kept.id) is None
        assert list_datasets(conn, limit=9) == []
    cache = DatasetCache()
    assert cache.uploads(db, [kept.id], deleted=False) == {}
    assert cache.loaded(db, [kept.id])[kept.id].load()["targets"].tolist() == [0.0, 1.0, 4.0]
    with db.write() as conn:
        assert delete_experiment(conn, mine) == 0
    assert chunks_in(db) == 3
    with db.write() as conn:
        assert delete_experiment(conn, other) == kept.bytes
    assert chunks_in(db) == 0


def test_a_deleted_dataset_comes_back_under_its_id(db: Database) -> None:
    kept = keep(db, name="old")
    use(db, kept.id)
    succeed(db, claimed(db).runs)
    with db.write() as conn:
        delete_dataset(conn, kept.id)
    back = keep(db, name="new")
    assert (back.id, back.name, back.experiments) == (kept.id, "new", 1)
    assert chunks_in(db) == 3


def test_an_experiment_needs_its_dataset(db: Database) -> None:
    kept = keep(db)
    with db.write() as conn:
        assert delete_dataset(conn, kept.id) == kept.bytes
    new = experiment(datasets=(kept.id,))
    with pytest.raises(NoSuchDataset, match=kept.id), db.write() as conn:
        insert_experiment(conn, new)
    with db.read() as conn:
        assert conn.execute(select(datasets)).fetchall() == []


def test_deletions_of_the_last_users_at_once_leave_nothing(db: Database) -> None:
    for n in range(5):
        kept = keep(db, {**HARD, "targets": HARD["targets"] + n})
        users = [use(db, kept.id) for _ in range(3)]
        for _ in users:
            succeed(db, claimed(db).runs)
        with db.write() as conn:
            delete_dataset(conn, kept.id)

        def forget(id: str) -> None:
            with db.write() as conn:
                delete_experiment(conn, id)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(forget, users))
        assert chunks_in(db) == 0


def test_pruning_leaves_datasets_that_were_not_deleted(db: Database) -> None:
    shown, hidden = keep(db), keep(db, {**HARD, "targets": HARD["targets"] + 1})
    use(db, shown.id)
    use(db, hidden.id)
    young = use(db, hidden.id)
    for _ in range(3):
        succeed(db, claimed(db).runs)
    with db.write() as conn:
        delete_dataset(conn, hidden.id)
    assert foresee(db, 3600.0, ENDED) == Pruned(0, 0, 0, 0)
    expected = foresee(db, -1.0, ENDED)
    assert expected.bytes_freed == hidden.bytes
    assert prune(db, -1.0, ENDED) == expected
    with db.read() as conn:
        assert [one.id for one in list_datasets(conn, limit=9)] == [shown.id]
        assert conn.execute(select(datasets.c.id)).scalars().all() == [shown.id]
    assert young
