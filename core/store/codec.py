"""How numbers become bytes, bit for bit: plain, or shuffled and compressed where that is smaller."""

import threading
from enum import IntEnum
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

# Below this many numbers compression cannot win over its own frame.
SHORTEST_COMPRESSED = 8
LEVEL = 3

_FLOATS = np.dtype("<f8")
_INTEGERS = np.dtype("<i8")


class Codec(IntEnum):
    """What the bytes are; the numbers are stored and never change their meaning."""

    FLOATS = 0  # little-endian float64
    FLOATS_SHUFFLED = 1  # the same, byte planes apart, zstd
    INTEGERS = 2  # little-endian int64
    INTEGERS_DELTA = 3  # differences to the number before (the first to 0), byte planes apart, zstd


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
    if len(values) >= SHORTEST_COMPRESSED:
        packed = _contexts.compressor.compress(_shuffle(plain if floats else _differences(values)))
        if len(packed) < len(plain):
            return (Codec.FLOATS_SHUFFLED if floats else Codec.INTEGERS_DELTA), packed
    return (Codec.FLOATS if floats else Codec.INTEGERS), plain


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
            return _sum_differences(_planes(data, n))


def _differences(values: NDArray[np.int64]) -> bytes:
    return np.diff(values, prepend=np.int64(0)).astype(_INTEGERS).tobytes()


def _shuffle(plain: bytes) -> bytes:
    return np.frombuffer(plain, np.uint8).reshape(-1, 8).T.tobytes()


def _sum_differences(planes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The numbers whose differences these byte planes are. Shape (8, n) to (n,)."""
    if planes[1:, 1:].any():
        return np.cumsum(_joined(planes).view(_INTEGERS), dtype=np.int64)
    # Steps mostly rise by less than 256: all but the first difference are then the lowest plane.
    sums = np.cumsum(planes[0], dtype=np.int64)
    sums += int(_joined(planes[:, :1]).view(_INTEGERS)[0]) - int(planes[0, 0])
    return sums


def _restore(data: bytes, n: int) -> NDArray[np.uint8]:
    return _joined(_planes(data, n))


def _planes(data: bytes, n: int) -> NDArray[np.uint8]:
    plain = _contexts.decompressor.decompress(data, max_output_size=8 * n)
    return np.frombuffer(plain, np.uint8).reshape(8, n)


def _joined(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(planes.T).reshape(-1)
