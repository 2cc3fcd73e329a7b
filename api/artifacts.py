"""The files of a run: those that are kept, and those that are made when they are asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from sqlalchemy import Connection

from api.answers import make_etag
from core.problems import arrays, draw, draw_network, network_arrays
from core.spec import Cell, plan
from core.store import (
    Run,
    kept_state,
    list_artifacts,
    load_checkpoints,
    read_artifact,
    read_vectors,
    vector_shapes,
    watermark,
)

MAX_DRAWN_BYTES = 2**28
"""Runs that train in more memory than this have no instance file: a request should end within seconds."""

_LAST_PARAMETERS = "the parameters at the last step"
_ITERATES = ("parameters", "parameters.re", "parameters.im")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that can be asked for.

    Attributes:
        name: of the file.
        description: what is in it.
        size: in bytes; None where it is made on demand.
        etag: of the contents.
        read: gives the contents; None where they have gone meanwhile.
    """

    name: str
    description: str
    size: int | None
    etag: str
    read: Callable[[Connection], bytes | None]


def list_files(conn: Connection, run: Run, cell: Cell) -> list[Artifact]:
    """The files that there are of a run, which trains `cell`; kept ones first."""
    return [*_stored(conn, run), *_checkpoint(conn, run), *_iterates(conn, run), *_instance(run, cell)]


def _stored(conn: Connection, run: Run) -> Iterator[Artifact]:
    for file in list_artifacts(conn, run.recording_id):

        def read(conn: Connection, name: str = file.name) -> bytes | None:
            return read_artifact(conn, run.recording_id, name)

        etag = make_etag(run.recording_id, file.name, file.size, file.created_at.isoformat())
        yield Artifact(file.name, _description(file.name), file.size, etag, read)


def _description(name: str) -> str:
    """What training keeps under this name: parameters.safetensors, or such as parameters.t1.safetensors."""
    label = name.removeprefix("parameters").removesuffix(".safetensors").removeprefix(".")
    return f"the parameters at {label.replace('-', ' ')}, layer by layer" if label else _LAST_PARAMETERS


def _checkpoint(conn: Connection, run: Run) -> Iterator[Artifact]:
    kept = kept_state(conn, run.recording_id)
    if kept is None:
        return

    def read(conn: Connection) -> bytes | None:
        found = load_checkpoints(conn, [run.id]).get(run.id)
        return None if found is None else found.state

    name = "checkpoint.safetensors"
    etag = make_etag(run.recording_id, name, run.attempt, *kept)
    yield Artifact(name, f"the state of training at step {kept.step}", kept.size, etag, read)


def _iterates(conn: Connection, run: Run) -> Iterator[Artifact]:
    recorded = vector_shapes(conn, [run.recording_id]).get(run.recording_id, {})
    metrics = [name for name in _ITERATES if name in recorded]
    if not metrics:
        return

    def read(conn: Connection) -> bytes:
        parts = [read_vectors(conn, run.recording_id, metric) for metric in metrics]
        rows = {part.metric: part.values.reshape(-1, *(part.shape or ())) for part in parts}
        return _packed({"steps": parts[0].steps, **rows})

    name = "iterates.safetensors"
    etag = make_etag(run.recording_id, name, run.attempt, *watermark(conn, run.recording_id))
    yield Artifact(name, f"steps and {', '.join(metrics)} as recorded", None, etag, read)


def _instance(run: Run, cell: Cell) -> Iterator[Artifact]:
    if plan([cell])[0].bytes > MAX_DRAWN_BYTES:
        return

    def read(conn: Connection) -> bytes:
        spec = cell.spec
        return _packed(network_arrays(draw_network(spec)) if spec.is_network else arrays(draw(spec)))

    name = "instance.safetensors"
    yield Artifact(name, "the data that the run learns from", None, make_etag(name, cell.digest), read)


def _packed(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    return save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})
