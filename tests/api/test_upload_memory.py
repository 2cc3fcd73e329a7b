"""Reading a file takes some mebibytes whatever its size, and makes no file that a crash could leave."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from api.errors import InvalidRequest
from api.uploads import read_content
from tests.api.archives import described, npy, npz, with_member

ROWS, COLUMNS = 2**16, 32
BOUND = 8 * 2**20
LARGE = np.random.default_rng(0).normal(size=(ROWS, COLUMNS))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("rows", [1, 3, ROWS])
def test_a_large_file_is_read_in_little_memory(
    tmp_path: Path, order: str, compressed: bool, rows: int
) -> None:
    large = LARGE.ravel()[: LARGE.size // rows * rows].reshape(rows, -1)
    arrays = {"inputs": np.array(large, order=order), "targets": np.zeros(rows)}  # type: ignore[call-overload]
    file = io.BytesIO(npz(arrays, compressed))
    tracemalloc.start()
    try:
        with read_content(file, None, tmp_path, 2**26) as content:
            _, peak = tracemalloc.get_traced_memory()
            assert peak < BOUND < LARGE.nbytes
            assert list(tmp_path.iterdir()) == []
            held = sum(len(chunk.data) for chunk in content.chunks())
        _, peak = tracemalloc.get_traced_memory()
        assert peak < BOUND
    finally:
        tracemalloc.stop()
    assert held == content.new.bytes
    assert sum(chunk_n for chunk_n, _, _ in content._pieces.index) == large.size + rows


@pytest.mark.parametrize("shape", [(2**24, 1), (10**9, 10**9)])
def test_a_bomb_is_not_unpacked(tmp_path: Path, shape: tuple[int, int]) -> None:
    file = with_member("inputs", npy(described(shape), bytes(2**27)), zipfile.ZIP_DEFLATED)
    assert len(file) < 2**18
    tracemalloc.start()
    try:
        with (
            pytest.raises(InvalidRequest, match="inputs"),
            read_content(io.BytesIO(file), None, tmp_path, 2**26),
        ):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [1, 2, ROWS])
def test_the_same_numbers_in_any_order_are_the_same_content(tmp_path: Path, rows: int) -> None:
    found = set()
    for order in ("C", "F"):
        arrays = {"inputs": np.array(LARGE.reshape(rows, -1), order=order), "targets": np.zeros(rows)}
        with read_content(io.BytesIO(npz(arrays)), None, tmp_path, 2**26) as content:
            found.add(content.new.content)
    assert len(found) == 1
