"""How numbers become bytes, bit for bit: plain, or shuffled and compressed where that is smaller."""

import threading
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

# Below this many numbers compression cannot win over its own frame.
SHORTEST_COMPRESSED = 8
# Of so many, as in the series of runs that record every step, a second try saves more than it costs.
TWICE = range(1024, 8193)
LEVEL = 3

_FLOATS = np.dtype("<f8")
_INTEGERS = np.dtype("<i8")


class Codec(IntEnum):
    """What the bytes are; the numbers are stored and never change their meaning."""

    FLOATS = 0  # little-endian float64
    FLOATS_SHUFFLED = 1  # the same, byte planes apart, zstd
    INTEGERS = 2  # little-endian int64
    INTEGERS_DELTA = 3  # differences to the number before (the first to 0), byte planes apart, zstd
    FLOATS_DELTA = 4  # float64 read as int64, and then as integers


class _Contexts(threading.local):
    """A compressor and a decompressor for each thread: neither may be shared, both are costly to make."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=False)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def encode(values: NDArray[Any]) -> tuple[int, bytes]:
    """The codec and the bytes of a float64 or int64 vector."""
    if values.ndim != 1 or values.dtype not in (np.float64, np.int64):
        raise ValueError(f"values must be a float64 or int64 vector; got {values.dtype} {values.shape}")
    floats = values.dtype == np.float64
    plain = values.astype(_FLOATS if floats else _INTEGERS).tobytes()
    found = [(Codec.FLOATS if floats else Codec.INTEGERS, plain)]
    if len(values) >= SHORTEST_COMPRESSED and floats:
        found.append((Codec.FLOATS_SHUFFLED, _contexts.compressor.compress(_shuffle(plain))))
    if len(values) in TWICE if floats else len(values) >= SHORTEST_COMPRESSED:
        packed = _contexts.compressor.compress(_shuffle(_differences(np.frombuffer(plain, _INTEGERS))))
        found.append((Codec.FLOATS_DELTA if floats else Codec.INTEGERS_DELTA, packed))
    return min(found, key=lambda one: len(one[1]))


def decode(codec: int, data: bytes, n: int) -> NDArray[Any]:
    """The `n` numbers that `encode` was given: float64 or int64, as the codec says."""
    match Codec(codec):
        case Codec.FLOATS:
            return np.frombuffer(data, _FLOATS, n).astype(np.float64)
        case Codec.INTEGERS:
            return np.frombuffer(data, _INTEGERS, n).astype(np.int64)
        case Codec.FLOATS_SHUFFLED:
            return _restore(data, n).view(_FLOATS).astype(np.float64, copy=False)
        case Codec.INTEGERS_DELTA:
            return np.cumsum(_restore(data, n).view(_INTEGERS), dtype=np.int64)
        case Codec.FLOATS_DELTA:
            return np.cumsum(_restore(data, n).view(_INTEGERS), dtype=np.int64).view(np.float64)


def decode_joined(parts: Sequence[tuple[int, bytes, int]]) -> NDArray[Any]:
    """What `decode` gives for each (codec, bytes, n), one behind the other: at once, since most are short.

    All are floats, or all are integers; there is at least one.
    """
    codecs = {codec for codec, _, _ in parts}
    joined: NDArray[Any] | None = None
    if codecs == {Codec.FLOATS_SHUFFLED}:
        joined = _join_floats(parts)
    elif codecs == {Codec.INTEGERS_DELTA}:
        joined = _join_steps(parts)
    return np.concatenate([decode(*part) for part in parts]) if joined is None else joined


def _join_floats(parts: Sequence[tuple[int, bytes, int]]) -> NDArray[np.float64]:
    found = np.empty((sum(n for _, _, n in parts), 8), np.uint8)
    end = 0
    for _, data, n in parts:
        # Plane by plane, which is faster than the transpose of all.
        for place, plane in enumerate(_planes(data, n)):
            found[end : end + n, place] = plane
        end += n
    return found.reshape(-1).view(_FLOATS).astype(np.float64, copy=False)


def _join_steps(parts: Sequence[tuple[int, bytes, int]]) -> NDArray[np.int64] | None:
    """Numbers that rise by less than 256, as steps mostly do; None for others.

    All but the first differences of a part are then in the lowest of its byte planes.
    """
    lengths = [n for _, _, n in parts]
    begins = np.cumsum([0, *lengths[:-1]])
    differences = np.empty(sum(lengths), np.uint8)
    first = []
    for (_, data, n), begin in zip(parts, begins.tolist(), strict=True):
        planes = _planes(data, n)
        if planes[1:, 1:].any():
            return None
        differences[begin : begin + n] = planes[0]
        first.append(planes[:, 0].tobytes())
    differences[begins] = 0
    sums = np.cumsum(differences, dtype=np.int64)
    sums += np.repeat(np.frombuffer(b"".join(first), _INTEGERS) - sums[begins], lengths)
    return sums


def _differences(values: NDArray[np.int64]) -> bytes:
    return np.diff(values, prepend=np.int64(0)).astype(_INTEGERS).tobytes()


def _shuffle(plain: bytes) -> bytes:
    return np.frombuffer(plain, np.uint8).reshape(-1, 8).T.tobytes()


def _restore(data: bytes, n: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(_planes(data, n).T).reshape(-1)


def _planes(data: bytes, n: int) -> NDArray[np.uint8]:
    plain = _contexts.decompressor.decompress(data, max_output_size=8 * n)
    return np.frombuffer(plain, np.uint8).reshape(8, n)
