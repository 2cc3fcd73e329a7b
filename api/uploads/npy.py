"""One .npy array of an archive: its header read as plain data, its numbers block by block as float64."""

import ast
import copy
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from api.errors import InvalidRequest
from api.uploads.archive import reading
from api.uploads.refusal import bad_array, disk, scratch

BLOCK_BYTES = 2**20
LARGEST, SMALLEST, LARGEST_INTEGER = 1e100, 1e-100, 2**53
_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1024
_DTYPE = re.compile(r"[<>|=](f[248]|[iu][1248]|b1)")
_KEYS = {"descr", "fortran_order", "shape"}


@dataclass(frozen=True, slots=True)
class Array:
    """An array that was announced; `begins` is where its numbers begin in the member."""

    name: str
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    begins: int

    @property
    def size(self) -> int:
        """Number of numbers."""
        return math.prod(self.shape)


def look_at(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> Array:
    """What the header of an array says, if its member has as many bytes as that needs.

    Raises InvalidRequest.
    """
    with reading(name), archive.open(info) as member:
        header, begins = _header(name, member)
    shape, dtype = _shape(name, header["shape"]), _dtype(name, header["descr"])
    if not isinstance(header["fortran_order"], bool):
        raise _no_header(name)
    array = Array(name, info, shape, dtype, header["fortran_order"] and len(shape) > 1, begins)
    if info.file_size != begins + array.size * dtype.itemsize:
        message = f"as long as its shape {list(shape)} says: {array.size * dtype.itemsize} bytes of {dtype}"
        raise bad_array(name, message, info.file_size - begins)
    return array


def blocks(archive: zipfile.ZipFile, array: Array, folder: Path) -> Iterator[NDArray[np.float64]]:
    """The numbers in row-major order, some at a time, each checked. Raises InvalidRequest, Unavailable."""
    longer = copy.copy(array.info)
    # What a member holds behind the end that it announces is looked for, and spoils its checksum.
    longer.file_size += 1
    with reading(array.name), archive.open(longer) as member:
        member.read(array.begins)
        raw = _columns(member, array, folder) if array.fortran else _stored(member, array)
        start = 0
        for block in raw:
            yield _checked(block, array, start)
            start += block.size
        member.read(1)


def _header(name: str, member: IO[bytes]) -> tuple[dict[str, Any], int]:
    """The header, and its length in bytes."""
    start = member.read(8)
    if start[:6] != _MAGIC or len(start) < 8 or start[6] not in (1, 2, 3):
        raise _no_header(name)
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(member.read(width), "little")
    if length > _MAX_HEADER:
        raise _no_header(name)
    try:
        header = ast.literal_eval(member.read(length).decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise _no_header(name) from None
    if not isinstance(header, dict) or header.keys() != _KEYS:
        raise _no_header(name)
    return header, 8 + width + length


def _no_header(name: str) -> InvalidRequest:
    return bad_array(name, "an array in NumPy's .npy format")


def _shape(name: str, given: Any) -> tuple[int, ...]:
    if not isinstance(given, tuple) or not all(type(n) is int and n >= 0 for n in given):
        raise bad_array(name, "of a shape of whole numbers that are not negative", str(given))
    if 0 in given:
        raise bad_array(name, "not empty", list(given))
    return given


def _dtype(name: str, given: Any) -> np.dtype[Any]:
    if not isinstance(given, str) or _DTYPE.fullmatch(given) is None:
        allowed = "of numbers: float16, float32, float64, integers of up to 64 bits, or truth values"
        raise bad_array(name, allowed, str(given))
    return np.dtype(given)


def _stored(member: IO[bytes], array: Array) -> Iterator[NDArray[Any]]:
    left = array.size * array.dtype.itemsize
    while left:
        # Of whole numbers.
        data = member.read(min(left, BLOCK_BYTES))
        if not data or len(data) % array.dtype.itemsize:
            raise EOFError("it is truncated")
        left -= len(data)
        yield np.frombuffer(data, array.dtype)


def _columns(member: IO[bytes], array: Array, folder: Path) -> Iterator[NDArray[Any]]:
    """The rows of an array that is stored column by column, by way of the disk."""
    rows, columns = array.shape
    with scratch(folder) as kept:
        for block in _stored(member, array):
            with disk():
                kept.write(block.data)
        with disk():
            kept.flush()
        whole = np.memmap(kept, array.dtype, "r", shape=(columns, rows))
        most = BLOCK_BYTES // 8
        for start in range(0, rows, step := max(1, most // columns)):
            for left in range(0, columns, most):
                yield whole[left : left + most, start : start + step].T.ravel()


def _checked(block: NDArray[Any], array: Array, start: int) -> NDArray[np.float64]:
    """The block as float64. Raises InvalidRequest at the first number that cannot be learned from."""
    if block.dtype.kind in "iu":
        exact = (block >= -LARGEST_INTEGER) & (block <= LARGEST_INTEGER)
        _require(exact, block, array, start, "whole numbers up to 2^53, which float64 holds")
        return block.astype(np.float64)
    # One zero, without a sign, as in JSON.
    numbers = block.astype(np.float64) + 0.0
    size = np.abs(numbers)
    _require(np.isfinite(numbers), block, array, start, "finite numbers")
    fits = (size <= LARGEST) & ((size >= SMALLEST) | (size == 0))
    _require(fits, block, array, start, "0, or of size 1e-100 to 1e100")
    return numbers


def _require(good: NDArray[np.bool_], block: NDArray[Any], array: Array, start: int, allowed: str) -> None:
    if good.all():
        return
    first = int(np.argmin(good))
    place = ", ".join(str(int(i)) for i in np.unravel_index(start + first, array.shape))
    value = block[first].item()
    raise bad_array(array.name, f"{allowed}; {array.name}[{place}] is {value}", str(value))
