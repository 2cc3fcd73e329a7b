"""Arrays on their way to the service."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Arrays: TypeAlias = "Path | str | Mapping[str, ArrayLike]"
"""An .npz file, or arrays by name."""


@contextmanager
def npz(data: Arrays) -> Iterator[BinaryIO]:
    """A file with the arrays, opened to be read."""
    if isinstance(data, Path | str):
        with Path(data).open("rb") as file:
            yield file
        return
    import numpy as np

    with tempfile.TemporaryFile() as made:
        arrays: dict[str, Any] = {name: np.asarray(array) for name, array in data.items()}
        np.savez(made, **arrays)
        made.seek(0)
        yield made
