"""The members of an .npz file, looked at before any of them is read."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from api.uploads.refusal import bad_array, bad_file

NAMES = {
    "inputs": "inputs",
    "X": "inputs",
    "targets": "targets",
    "y": "targets",
    "true_parameters": "true_parameters",
    "test_inputs": "test_inputs",
    "test_targets": "test_targets",
}
"""What arrays may be called in a file, and what they are."""

_MAX_MEMBERS = 16
_MAX_DIRECTORY = 16_384
_END, _END_BYTES = b"PK\x05\x06", 22
_END64_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
_ENCRYPTED = 0x1


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The file as an archive whose list of members is short. Raises InvalidRequest."""
    members, directory = _end_record(file)
    if members > _MAX_MEMBERS or directory > _MAX_DIRECTORY:
        raise bad_file(f"an .npz file with at most {_MAX_MEMBERS} arrays", members)
    with reading():
        archive = zipfile.ZipFile(file)
    if len(archive.infolist()) != members:
        raise bad_file(f"an .npz file of as many arrays as its end says, {members}", len(archive.infolist()))
    return archive


def members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The arrays of the archive by what they are. Raises InvalidRequest."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        given = info.filename.removesuffix(".npy")
        if given == info.filename or given not in NAMES:
            known = ", ".join(NAMES)
            raise bad_array(given, f"one of the arrays {known} (as NAME.npy)", info.filename)
        name = NAMES[given]
        if name in found:
            raise bad_array(name, "in the file once (X is inputs, y is targets)", info.filename)
        if info.flag_bits & _ENCRYPTED:
            raise bad_array(name, "without encryption")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise bad_array(name, "stored or deflated", f"compression method {info.compress_type}")
        found[name] = info
    return found


@contextmanager
def reading(name: str | None = None) -> Iterator[None]:
    """What an archive turns out to be while it is read. Raises InvalidRequest."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        UnicodeError,
    ) as error:
        message = f"a whole .npz file as numpy.savez writes it: {str(error)[:200] or 'it is truncated'}"
        raise (bad_file(message) if name is None else bad_array(name, message)) from None


def _end_record(file: BinaryIO) -> tuple[int, int]:
    """Number of members, and bytes of the list of them, as the end of the file says."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _LOCATOR_BYTES))
    tail = file.read()
    file.seek(0)
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or end[:4] != _END or end[-2:] != b"\0\0":
        raise bad_file("a whole .npz file as numpy.savez writes it, a zip archive without a comment")
    if tail[:4] == _END64_LOCATOR and len(tail) == _END_BYTES + _LOCATOR_BYTES:
        raise bad_file("an .npz file without zip64 records, which only larger files need")
    _, _, _, members, directory, begins = struct.unpack("<HHHHII", end[4:20])
    if begins + directory != size - _END_BYTES:
        raise bad_file("a whole .npz file as numpy.savez writes it, whose list of members ends where it ends")
    return members, directory
