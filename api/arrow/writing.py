"""Tables as one Parquet file or Arrow stream that is sent while it is made."""

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from api.arrow.forms import PARQUET


class _Sink(io.RawIOBase):
    """Takes what a writer writes until it is sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def written(form: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    """The bytes of one file, each table a row group or a batch of it."""
    sink = _Sink()
    writer = _parquet(sink, schema) if form == PARQUET else pa.ipc.new_stream(sink, schema)
    for table in tables:
        writer.write_table(table)
        yield sink.take()
    writer.close()
    yield sink.take()


def _parquet(sink: _Sink, schema: pa.Schema) -> pq.ParquetWriter:
    # Floats of a series rarely repeat: their byte planes apart compress best, and steps by their differences.
    plain = {"step": "DELTA_BINARY_PACKED", "value": "BYTE_STREAM_SPLIT"}
    coded = [name for name in schema.names if name not in plain]
    encoding = {name: how for name, how in plain.items() if name in schema.names}
    return pq.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=coded, column_encoding=encoding or None
    )
