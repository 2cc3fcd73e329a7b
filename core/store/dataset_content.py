"""The numbers of datasets: how they are named by their hash, read back, and kept in memory for a while."""

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import orjson
from sqlalchemy import Connection, Text, select
from zstandard import ZstdError

from core.spec import Arrays, Labels, Uploaded
from core.store.codec import decode_joined
from core.store.datasets import Extent, extents_in
from core.store.engine import Database
from core.store.listed import listed
from core.store.tables import AnyRow, dataset_chunks, datasets

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK_NUMBERS = 131_072
"""Numbers of one chunk: a mebibyte before it is compressed."""
KEPT_BYTES = 2**28


class Damaged(RuntimeError):
    """A dataset in the database is not what was uploaded."""


def begin_hash(arrays: Sequence[Extent]) -> "_Hash":
    """A SHA-256 that knows the shapes already; the numbers follow as little-endian float64, row by row."""
    return hashlib.sha256(orjson.dumps([[one.name, one.shape] for one in arrays]))


class DatasetCache:
    """Datasets that were read lately, up to a bound in bytes. Safe to share between threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, Arrays] = OrderedDict()
        self._lock = threading.Lock()

    def uploads(self, db: Database, ids: Collection[str], *, deleted: bool) -> dict[str, Uploaded]:
        """Those of the datasets that there are; `deleted` ones only for the experiments that use them.

        Their numbers are read when somebody asks for them.
        """
        if not ids:
            return {}
        with db.read() as conn:
            return self.uploads_in(conn, db, ids, deleted=deleted)

    def uploads_in(
        self, conn: Connection, db: Database, ids: Collection[str], *, deleted: bool
    ) -> dict[str, Uploaded]:
        """The same for who is reading already: two connections for one request may wait for each other."""
        if not ids:
            return {}
        asked = listed(conn, ((dataset_id,) for dataset_id in ids), id=Text())
        query = select(datasets).join(asked, asked.c.id == datasets.c.id)
        if not deleted:
            query = query.where(datasets.c.deleted_at.is_(None))
        found = conn.execute(query).fetchall()
        return {row.id: _uploaded(row, partial(self._load, db, row)) for row in found}

    def loaded(self, db: Database, ids: Collection[str]) -> dict[str, Uploaded]:
        """The same of an experiment's datasets, with their numbers in hand."""
        found = self.uploads(db, ids, deleted=True)
        return {id: replace(one, load=partial(_same, one.load())) for id, one in found.items()}

    def _load(self, db: Database, row: AnyRow) -> Arrays:
        # One at a time, so that many who ask for the same at once read it once.
        with self._lock:
            if (kept := self._kept.get(row.content)) is not None:
                self._kept.move_to_end(row.content)
                return kept
            with db.read() as conn:
                arrays = read_arrays(conn, row.id, extents_in(row.arrays), row.content)
            self._keep(row.content, arrays)
        return arrays

    def _keep(self, content: str, arrays: Arrays) -> None:
        self._kept[content] = arrays
        while self._kept and sum(map(_size, self._kept.values())) > self._kept_bytes:
            self._kept.popitem(last=False)


def read_arrays(conn: Connection, dataset_id: str, arrays: Sequence[Extent], content: str) -> Arrays:
    """The arrays of a dataset by name, read-only. Raises Damaged where they are not what `content` says."""
    mine = dataset_chunks.c.dataset_id == dataset_id
    chunks = select(dataset_chunks).where(mine).order_by(dataset_chunks.c.position)
    numbers = np.empty(sum(math.prod(one.shape) for one in arrays))
    damaged = Damaged(f"the numbers of {dataset_id} are not those that were uploaded")
    try:
        with conn.execute(chunks.execution_options(yield_per=8)) as rows:
            end = _fill(numbers, rows)
    except (ValueError, ZstdError) as error:
        raise damaged from error
    told = begin_hash(arrays)
    told.update(numbers.astype("<f8", copy=False).data)
    if end != len(numbers) or told.hexdigest() != content:
        raise damaged
    numbers.setflags(write=False)
    found, start = {}, 0
    for one in arrays:
        size = math.prod(one.shape)
        found[one.name] = numbers[start : start + size].reshape(one.shape)
        start += size
    return found


def _fill(numbers: "np.ndarray[tuple[int], np.dtype[np.float64]]", chunks: Iterable[AnyRow]) -> int:
    end = 0
    for chunk in chunks:
        part = decode_joined([(chunk.codec, chunk.data, chunk.n)])[: len(numbers) - end]
        numbers[end : end + len(part)] = part
        end += len(part)
    return end


def _uploaded(row: AnyRow, load: partial[Arrays]) -> Uploaded:
    labels = {
        name: Labels(one["largest"], None if one["odd"] is None else (one["odd"][0], one["odd"][1]))
        for name, one in row.labels.items()
    }
    shapes = {one.name: one.shape for one in extents_in(row.arrays)}
    return Uploaded(row.content, shapes, labels, load)


def _same(arrays: Arrays) -> Arrays:
    return arrays


def _size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())
