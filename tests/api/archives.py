"""Files of datasets, good ones and such as nobody should send."""

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from httpx import Client, Response
from numpy.typing import NDArray

DRAWN = np.random.default_rng(0)
GOOD: dict[str, NDArray[Any]] = {
    "inputs": DRAWN.normal(size=(12, 4)),
    "targets": DRAWN.normal(size=12),
}
CLASSES: dict[str, NDArray[Any]] = {
    "X": DRAWN.normal(size=(12, 4)).astype(np.float32),
    "y": np.arange(12, dtype=np.int8) % 3,
    "test_inputs": DRAWN.normal(size=(5, 4)),
    "test_targets": np.array([0, 1, 2, 1, 0]),
}


def npz(arrays: Mapping[str, NDArray[Any]], compressed: bool = False) -> bytes:
    """The file that numpy writes."""
    file = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    (np.savez_compressed if compressed else np.savez)(file, allow_pickle=True, **named)
    return file.getvalue()


def npy(header: str | bytes, data: bytes = b"", version: int = 1) -> bytes:
    """An array with any header."""
    text = header if isinstance(header, bytes) else header.encode("latin-1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def described(shape: object, dtype: object = "<f8", fortran: object = False) -> str:
    """A header's text."""
    return repr({"descr": dtype, "fortran_order": fortran, "shape": shape})


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of any members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def with_member(name: str, member: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """Good arrays, one of them replaced by these bytes."""
    members = {f"{part}.npy": _bytes(array) for part, array in GOOD.items()}
    return zipped({**members, f"{name}.npy": member}, method)


def upload(client: Client, file: bytes, name: str | None = None, key: str | None = None) -> Response:
    """Sends a file."""
    return client.post(
        "/v1/datasets",
        files={"file": ("data.npz", file)},
        data={} if name is None else {"name": name},
        headers={} if key is None else {"Idempotency-Key": key},
    )


def _bytes(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
