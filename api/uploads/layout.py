"""Where members of an archive lie: each in bytes of its own, with a header that says what their list says."""

import struct
import zipfile
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from api.errors import InvalidRequest
from api.uploads.archive import reading
from api.uploads.refusal import bad_array

_HEADER = struct.Struct("<4s5H3I2H")
_MAGIC = b"PK\x03\x04"
_IN_EXTRA, _ZIP64 = 0xFFFFFFFF, 0x0001
_SIZES_FOLLOW = 0x8
"""The flag of members that were written without knowing how long they get."""


class _Told(NamedTuple):
    """What is said of a member twice."""

    method: int
    checksum: int
    packed_bytes: int
    bytes: int


def check_layout(file: BinaryIO, found: Mapping[str, zipfile.ZipInfo], end: int) -> None:
    """Raises InvalidRequest where members overlap, as those of bombs do, or are not what the list says.

    Args:
        end: where the list of members begins.
    """
    reached, before = 0, ""
    for name, info in sorted(found.items(), key=lambda item: item[1].header_offset):
        if info.header_offset < reached:
            raise bad_array(name, f"in bytes of its own: {info.filename} overlaps {before}")
        if info.header_offset + _HEADER.size > end:
            raise _no_header(name)
        with reading(name):
            reached, before = _end_of(file, name, info), info.filename
        if reached > end:
            raise bad_array(name, "whole: it ends behind the beginning of the list of members")


def _end_of(file: BinaryIO, name: str, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a member end. Raises InvalidRequest, struct.error, BadZipFile."""
    file.seek(info.header_offset)
    fields = _HEADER.unpack(file.read(_HEADER.size))
    magic, _, flags, method, _, _, checksum, packed, unpacked, name_bytes, extra_bytes = fields
    if magic != _MAGIC:
        raise _no_header(name)
    if _IN_EXTRA in (packed, unpacked):
        unpacked, packed = _long_sizes(file.read(name_bytes + extra_bytes)[name_bytes:])
    own = _Told(method, checksum, packed, unpacked)
    listed = _Told(info.compress_type, info.CRC, info.compress_size, info.file_size)
    for field, here, there in zip(_Told._fields, own, listed, strict=True):
        if here != there and (field == "method" or not flags & _SIZES_FOLLOW):
            what = field.replace("_", " ")
            message = f"the same in its own header, {what} {here}, and in the list of members, {there}"
            raise bad_array(name, message)
    if method == zipfile.ZIP_STORED and info.compress_size != info.file_size:
        raise bad_array(name, f"as long as it is stored, {info.compress_size} bytes", info.file_size)
    begin: int = info.header_offset + _HEADER.size + name_bytes + extra_bytes
    return begin + info.compress_size


def _no_header(name: str) -> InvalidRequest:
    return bad_array(name, "where the list of members says: no header of a member is there")


def _long_sizes(extra: bytes) -> tuple[int, int]:
    """The sizes that stand in the zip64 field: unpacked, packed. Raises struct.error, BadZipFile."""
    while extra:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _ZIP64:
            unpacked, packed = struct.unpack_from("<QQ", extra, 4)
            return unpacked, packed
        extra = extra[4 + length :]
    raise zipfile.BadZipFile("a size is said to stand in a zip64 field, and there is none")
