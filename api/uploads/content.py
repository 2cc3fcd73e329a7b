"""From an .npz file to what is stored of a dataset: checked arrays, their hash, their numbers in chunks."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from api.uploads.archive import members, open_archive
from api.uploads.layout import check_layout
from api.uploads.npy import Array, blocks, look_at
from api.uploads.refusal import bad_array, disk, scratch
from core.spec.uploaded import MAX_CLASSES
from core.store import CHUNK_NUMBERS, Chunk, Extent, NewDataset, begin_hash, encode

_ORDER = ("inputs", "targets", "true_parameters", "test_inputs", "test_targets")
_RANKS = {"inputs": 2, "targets": 1, "true_parameters": 1, "test_inputs": 2, "test_targets": 1}
_LABELS = ("targets", "test_targets")


@dataclass(frozen=True, slots=True)
class Content:
    """A dataset that may be stored, with its chunks on the disk."""

    new: NewDataset
    _pieces: "_Pieces"

    def chunks(self) -> Iterator[Chunk]:
        """The numbers."""
        return self._pieces.read()


@contextmanager
def read_content(file: BinaryIO, name: str | None, folder: Path, max_bytes: int) -> Iterator[Content]:
    """The arrays of an .npz file, each number looked at once, in bounded memory.

    Raises InvalidRequest at what is wrong, Unavailable where the disk has no room.
    """
    with open_archive(file) as archive:
        found = members(archive)
        check_layout(file, found, archive.start_dir)
        arrays = {part: look_at(archive, part, found[part]) for part in _ORDER if part in found}
        _check_together(arrays, max_bytes)
        with scratch(folder) as kept:
            yield _gather(archive, list(arrays.values()), kept, name, folder)


def _gather(
    archive: zipfile.ZipFile, arrays: list[Array], kept: BinaryIO, name: str | None, folder: Path
) -> Content:
    extents = [Extent(array.name, array.shape, array.dtype.name) for array in arrays]
    told, pieces = begin_hash(extents), _Pieces(kept)
    labels = {array.name: _Labels() for array in arrays if array.name in _LABELS}
    for array in arrays:
        for block in blocks(archive, array, folder):
            told.update(block.astype("<f8", copy=False).data)
            pieces.add(block)
            if array.name in labels:
                labels[array.name].look_at(block)
    pieces.end()
    told_labels = {part: {"largest": one.largest, "odd": one.odd} for part, one in labels.items()}
    size = sum(length for _, _, length in pieces.index)
    return Content(NewDataset(told.hexdigest(), name, extents, told_labels, size), pieces)


def _check_together(arrays: Mapping[str, Array], max_bytes: int) -> None:
    """Raises InvalidRequest where shapes do not fit each other, or are too large."""
    for name in ("inputs", "targets"):
        if name not in arrays:
            raise bad_array(name, "in the file")
    for name, array in arrays.items():
        if len(array.shape) != _RANKS[name]:
            axes = "two axes (rows, numbers of each)" if _RANKS[name] == 2 else "one axis"
            raise bad_array(name, f"of {axes}", list(array.shape))
    total = sum(8 * array.size for array in arrays.values())
    if total > max_bytes:
        largest = max(arrays.values(), key=lambda array: array.size)
        message = f"smaller: as float64 all arrays take at most {max_bytes} bytes, these {total}"
        raise bad_array(largest.name, message, list(largest.shape))
    if ("test_inputs" in arrays) != ("test_targets" in arrays):
        name = "test_targets" if "test_inputs" in arrays else "test_inputs"
        raise bad_array(name, "in the file: test_inputs and test_targets go together")
    if "test_inputs" in arrays and "true_parameters" in arrays:
        raise bad_array("true_parameters", "left out beside test_inputs: there is one way to test")
    rows, width = arrays["inputs"].shape
    wanted: dict[str, tuple[int, ...]] = {"targets": (rows,), "true_parameters": (width,)}
    if "test_inputs" in arrays:
        tests = arrays["test_inputs"].shape[0]
        wanted |= {"test_inputs": (tests, width), "test_targets": (tests,)}
    for name, shape in wanted.items():
        if name in arrays and arrays[name].shape != shape:
            message = f"of shape {list(shape)}, to fit inputs of shape {[rows, width]}"
            raise bad_array(name, message, list(arrays[name].shape))


@dataclass
class _Labels:
    """Whether the targets seen so far are classes."""

    largest: float = -math.inf
    odd: tuple[int, float] | None = None
    seen: int = 0

    def look_at(self, block: NDArray[np.float64]) -> None:
        self.largest = max(self.largest, float(block.max()))
        good = (block >= 0) & (block < MAX_CLASSES) & (block == np.floor(block))
        if self.odd is None and not good.all():
            first = int(np.argmin(good))
            self.odd = self.seen + first, float(block[first])
        self.seen += block.size


@dataclass
class _Pieces:
    """Chunks in a file, with how many numbers, codec and length of each."""

    file: BinaryIO
    index: list[tuple[int, int, int]] = field(default_factory=list)
    _buffer: NDArray[np.float64] = field(default_factory=lambda: np.empty(CHUNK_NUMBERS))
    _held: int = 0

    def add(self, block: NDArray[np.float64]) -> None:
        while block.size:
            part = block[: CHUNK_NUMBERS - self._held]
            self._buffer[self._held : self._held + part.size] = part
            self._held += part.size
            block = block[part.size :]
            if self._held == CHUNK_NUMBERS:
                self.end()

    def end(self) -> None:
        """Writes what is held."""
        if self._held:
            codec, data = encode(self._buffer[: self._held])
            with disk():
                self.file.write(data)
            self.index.append((self._held, int(codec), len(data)))
            self._held = 0

    def read(self) -> Iterator[Chunk]:
        self.file.seek(0)
        for n, codec, length in self.index:
            yield Chunk(n, codec, self.file.read(length))
