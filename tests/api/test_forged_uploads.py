"""Archives that lie about themselves: a 4xx that says what is wrong."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from httpx import Client

from tests.api.archives import GOOD, described, npy, npz, upload
from tests.api.forged import IN_EXTRA, INPUTS, TARGETS, Entry, both, deflated, forged, one, quoted, zip64

FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "two members at one place": (
        lambda: forged([Entry("inputs.npy", INPUTS), Entry("targets.npy", TARGETS, at=0)]),
        "/file/targets",
        "targets.npy overlaps inputs.npy",
    ),
    "a member within another": (
        lambda: quoted({"inputs": b"", "true_parameters": b"", "targets": bytes(99)}),
        "/file/true_parameters",
        "true_parameters.npy overlaps inputs.npy",
    ),
    "a member that reaches into the next": (
        lambda: one(listed={"packed": 500}, header={"flags": 8}),
        "/file/targets",
        "targets.npy overlaps inputs.npy",
    ),
    "a member that reaches into the list": (
        lambda: one(Entry("targets.npy", TARGETS, listed={"packed": 500}, header={"flags": 8})),
        "/file/targets",
        "ends behind the beginning of the list",
    ),
    "a member at no header": (lambda: one(listed={"offset": 1}), "/file/inputs", "no header of a member"),
    "a member behind the end": (
        lambda: one(listed={"offset": IN_EXTRA, "extra": zip64(2**64 - 1)}),
        "/file/inputs",
        "no header of a member",
    ),
    "an archive as an array": (
        lambda: forged([Entry("inputs.npy", npz(GOOD)), Entry("targets.npy", TARGETS)]),
        "/file/inputs",
        "NumPy's .npy format",
    ),
    "an archive in the archive": (
        lambda: forged([Entry("a.npz", npz(GOOD))]),
        "/file/a.npz",
        "one of the arrays",
    ),
    "the same name twice": (
        lambda: forged([Entry("inputs.npy", INPUTS), Entry("inputs.npy", INPUTS)]),
        "/file/inputs",
        "in the file once",
    ),
    "another name in the header": (
        lambda: one(header={"name": b"targets.npy"}),
        "/file/inputs",
        "File name in directory",
    ),
    "a name that is no UTF-8": (lambda: one(**both(flags=0x800, name=b"\xff.npy")), "/file", "utf-8"),
    "another method in the header": (
        lambda: one(header={"method": 0}),
        "/file/inputs",
        "method 0, and in the list of members, 8",
    ),
    "another checksum in the header": (
        lambda: one(header={"crc": 7}),
        "/file/inputs",
        "checksum 7, and in the list of members",
    ),
    "a smaller size in the header": (
        lambda: one(header={"plain": 100}),
        "/file/inputs",
        "bytes 100, and in the list of members",
    ),
    "a larger size in the list": (
        lambda: one(listed={"plain": 2**31}),
        "/file/inputs",
        "and in the list of members, 2147483648",
    ),
    "another packed size in the list": (lambda: one(listed={"packed": 9}), "/file/inputs", "packed bytes"),
    "a wrong checksum": (lambda: one(**both(crc=7)), "/file/inputs", "Bad CRC-32"),
    "a wrong size": (lambda: one(**both(plain=2**31)), "/file/inputs", "as long as its shape"),
    "a wrong size, stored": (
        lambda: one(packed=INPUTS, **both(method=0, plain=2**31)),
        "/file/inputs",
        "as long as it is stored",
    ),
    "a wrong size in zip64": (
        lambda: one(
            header={"plain": IN_EXTRA, "packed": IN_EXTRA, "extra": zip64(2**63, len(deflated(INPUTS)))},
            listed={"plain": IN_EXTRA, "extra": zip64(2**63)},
        ),
        "/file/inputs",
        "as long as its shape",
    ),
    "another size in the zip64 of the list": (
        lambda: one(listed={"plain": IN_EXTRA, "extra": zip64(2**63)}),
        "/file/inputs",
        "and in the list of members, 9223372036854775808",
    ),
    "an empty zip64 field in the list": (
        lambda: one(listed={"plain": IN_EXTRA, "extra": zip64()}),
        "/file",
        "zip64 extra field",
    ),
    "no zip64 field in the header": (
        lambda: one(header={"plain": IN_EXTRA}),
        "/file/inputs",
        "said to stand in a zip64 field",
    ),
    "a short zip64 field in the header": (
        lambda: one(header={"plain": IN_EXTRA, "extra": zip64(7)}),
        "/file/inputs",
        "a whole .npz file",
    ),
    "a stream that goes on": (
        lambda: one(packed=deflated(INPUTS + bytes(2**20))),
        "/file/inputs",
        "Bad CRC-32",
    ),
    "a stream that goes on by a number": (
        lambda: one(packed=deflated(INPUTS + b"x")),
        "/file/inputs",
        "Bad CRC-32",
    ),
    "a stream without its end": (lambda: one(packed=deflated(INPUTS)[:-20]), "/file/inputs", "Bad CRC-32"),
    "a stream of few bytes": (lambda: one(packed=deflated(INPUTS)[:20]), "/file/inputs", "Bad CRC-32"),
    "an empty stream": (lambda: one(packed=b""), "/file/inputs", "whole .npz file"),
    "no stream": (lambda: one(packed=b"\xff" * 50), "/file/inputs", "invalid block type"),
    "a patch": (lambda: one(**both(flags=0x20)), "/file/inputs", "compressed patched data"),
    "a later version": (lambda: one(listed={"version": 99}), "/file", "zip file version"),
    "fewer members than are listed": (
        lambda: forged([Entry("inputs.npy", INPUTS), Entry("targets.npy", TARGETS)], {"members": 1}),
        "/file",
        "as many arrays as its end says, 1",
    ),
    "a list that begins too early": (
        lambda: forged([Entry("inputs.npy", INPUTS)], {"begins": 0, "size": 999}),
        "/file",
        "list of members ends where it ends",
    ),
    "a shape beyond all bounds": (
        lambda: forged(
            [Entry("inputs.npy", npy(described((10**30, 10**30)))), Entry("targets.npy", TARGETS)]
        ),
        "/file/inputs",
        "as long as its shape",
    ),
    "objects": (
        lambda: forged(
            [
                Entry("inputs.npy", npy(described((1, 1), "|O"), b"\x80\x04cposix\nsystem\n.")),
                Entry("targets.npy", TARGETS),
            ]
        ),
        "/file/inputs",
        "of numbers",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_an_archive_that_lies_is_refused_for_what_is_wrong(shared_client: Client, name: str) -> None:
    make, pointer, reason = FILES[name]
    answer = upload(shared_client, make())
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], reason in fault["message"]) == (pointer, True), fault
    assert pointer in answer.json()["detail"]
    assert shared_client.get("/v1/datasets").json()["items"] == []


@pytest.mark.parametrize(
    "make",
    [
        one,
        lambda: one(header={"flags": 8, "crc": 0, "packed": 0, "plain": 0}),
        lambda: one(
            header={
                "plain": IN_EXTRA,
                "packed": IN_EXTRA,
                "extra": struct.pack("<HH", 7, 1) + b"x" + zip64(len(INPUTS), len(deflated(INPUTS))),
            },
            listed={"plain": IN_EXTRA, "extra": zip64(len(INPUTS))},
        ),
        lambda: one(packed=INPUTS, **both(method=0)),
    ],
    ids=["plain", "sizes that follow", "sizes in zip64", "stored"],
)
def test_an_honest_archive_is_read_however_it_was_written(
    shared_client: Client, make: Callable[[], bytes]
) -> None:
    answer = upload(shared_client, make())
    assert answer.status_code == 201, answer.text
    assert answer.json()["arrays"][0]["shape"] == list(np.shape(GOOD["inputs"]))
    assert shared_client.delete(answer.json()["links"]["self"]).status_code == 200
