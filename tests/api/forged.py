"""Archives as no program writes them: headers, list of members and bytes, each as one likes."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.api.archives import GOOD, described, npy

INPUTS = npy(described((12, 4)), GOOD["inputs"].tobytes())
TARGETS = npy(described((12,)), GOOD["targets"].tobytes())
IN_EXTRA = 0xFFFFFFFF
_LOCAL, _LISTED, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"


@dataclass(frozen=True, slots=True)
class Entry:
    """A member that is deflated.

    Attributes:
        name: in header and list.
        plain: the bytes that it is said to hold, of which the checksum is.
        packed: the bytes in the archive; None: `plain`, deflated.
        header, listed: fields that say something else in one of the two places: version, flags, method, crc,
            packed, plain (the sizes), offset, name, extra.
        at: the place of the member whose header and bytes it is said to share.
    """

    name: str
    plain: bytes
    packed: bytes | None = None
    header: Mapping[str, int | bytes] = field(default_factory=dict)
    listed: Mapping[str, int | bytes] = field(default_factory=dict)
    at: int | None = None


def forged(entries: Sequence[Entry], end: Mapping[str, int] | None = None) -> bytes:
    """The archive; `end` are fields of its last record that say something else: members, size, begins."""
    body, listed = b"", b""
    offsets: list[int] = []
    for entry in entries:
        told = _told(entry)
        offsets.append(len(body) if entry.at is None else offsets[entry.at])
        if entry.at is None:
            body += _local(entry) + _packed(entry)
        listed += _listed({**told, "offset": offsets[-1], **entry.listed})
    said = {"members": len(entries), "size": len(listed), "begins": len(body), **(end or {})}
    counts = said["members"], said["members"]
    return body + listed + struct.pack(_END, b"PK\5\6", 0, 0, *counts, said["size"], said["begins"], 0)


def zip64(*numbers: int) -> bytes:
    """The field of an extra that has numbers which take more than 32 bits."""
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def quoted(arrays: dict[str, bytes]) -> bytes:
    """Arrays of single bytes, of which all but the last have in their stream what follows in the archive.

    The construction of D. Fifield, A better zip bomb (WOOT 2019): each byte of the last one counts for all.
    """
    later: list[Entry] = []
    stream, plain = b"", b""
    for name, data in reversed(arrays.items()):
        if not later:
            plain = npy(described((len(data),), "|u1"), data)
            stream = deflated(plain)
        else:
            header = _local(later[0])
            held = header + plain
            begin = npy(described((len(held),), "|u1"))
            stream = deflated(begin, last=False) + _quoting(header) + stream
            plain = begin + held
        later.insert(0, Entry(f"{name}.npy", plain, stream))
    return _overlapping(later)


def _overlapping(entries: list[Entry]) -> bytes:
    """The first entry holds the others; the list tells where in it they begin."""
    whole = _local(entries[0]) + _packed(entries[0])
    begins = [whole.index(_local(entry)) for entry in entries]
    listed = [
        Entry(entry.name, entry.plain, entry.packed, listed={"offset": begin}, at=0 if place else None)
        for place, (entry, begin) in enumerate(zip(entries, begins, strict=True))
    ]
    return forged(listed)


def one(targets: Any = None, **inputs: Any) -> bytes:
    """Good targets, or these, and inputs with something wrong."""
    return forged([Entry("inputs.npy", INPUTS, **inputs), targets or Entry("targets.npy", TARGETS)])


def both(**fields: int | bytes) -> dict[str, Any]:
    """What header and list say alike."""
    return {"header": dict(fields), "listed": dict(fields)}


def deflated(plain: bytes, last: bool = True) -> bytes:
    """The bytes as a raw deflate stream, or as whole blocks of one that goes on."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _local(entry: Entry) -> bytes:
    """The header of a member before its bytes."""
    told = {**_told(entry), **entry.header}
    name, extra = _text(told["name"]), _text(told["extra"])
    numbers = [told[key] for key in ("version", "flags", "method")]
    sizes = [told[key] for key in ("crc", "packed", "plain")]
    return struct.pack(_LOCAL, b"PK\3\4", *numbers, 0, 33, *sizes, len(name), len(extra)) + name + extra


def _packed(entry: Entry) -> bytes:
    """The bytes of a member in the archive."""
    return deflated(entry.plain) if entry.packed is None else entry.packed


def _quoting(plain: bytes) -> bytes:
    """A block of deflate that holds these bytes as they are, and after which the stream goes on."""
    return b"\0" + struct.pack("<HH", len(plain), len(plain) ^ 0xFFFF) + plain


def _told(entry: Entry) -> dict[str, int | bytes]:
    return {
        "version": 20,
        "flags": 0,
        "method": 8,
        "crc": zlib.crc32(entry.plain),
        "packed": len(_packed(entry)),
        "plain": len(entry.plain),
        "name": entry.name.encode(),
        "extra": b"",
    }


def _listed(told: Mapping[str, int | bytes]) -> bytes:
    name, extra = _text(told["name"]), _text(told["extra"])
    numbers = [told[key] for key in ("version", "version", "flags", "method")]
    sizes = [told[key] for key in ("crc", "packed", "plain")]
    rest = len(name), len(extra), 0, 0, 0, 0, told["offset"]
    return struct.pack(_LISTED, b"PK\1\2", *numbers, 0, 33, *sizes, *rest) + name + extra


def _text(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value
