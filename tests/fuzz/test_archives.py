"""Archives with anything in their headers, and bombs: refused in little memory, by the real process."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.archives import described, npy, upload
from tests.api.forged import INPUTS, TARGETS, Entry, both, deflated, forged, one, quoted, zip64
from tests.api.process import peak_bytes
from tests.fuzz import raw
from tests.fuzz.test_edges import ALWAYS, BOTH, QUICK
from tests.fuzz.world import World, unharmed

_LARGE = 48 * 2**20
_LARGEST = 2**30
_PEAK = 32 * 2**20


def _stream(plain: bytes, after: int) -> bytes:
    """So many zeros behind these bytes, deflated piece by piece."""
    zeros = deflated(bytes(2**20), last=False)
    return deflated(plain, last=False) + zeros * (after >> 20) + deflated(b"")


BOMBS: dict[str, Callable[[], bytes]] = {
    "each array within the one before": lambda: quoted(
        {
            **dict.fromkeys(("inputs", "true_parameters", "test_inputs", "test_targets"), b""),
            "targets": bytes(_LARGE),
        }
    ),
    "every array at one place": lambda: forged(
        [
            Entry("inputs.npy", npy(described((_LARGE, 1), "|u1"), bytes(_LARGE))),
            *(Entry(f"{name}.npy", TARGETS, at=0) for name in ("targets", "true_parameters")),
        ]
    ),
    "a stream that goes on": lambda: one(packed=_stream(INPUTS, _LARGEST)),
    "a stream as long as its shape": lambda: forged(
        [
            Entry(
                "inputs.npy",
                b"",
                _stream(npy(described((_LARGEST, 1), "|u1")), _LARGEST),
                **both(plain=_LARGEST + len(npy(described((_LARGEST, 1), "|u1")))),
            ),
            Entry("targets.npy", TARGETS),
        ]
    ),
    "a header without an end": lambda: forged(
        [Entry("inputs.npy", npy(b"(" * 2**20, version=2)), Entry("targets.npy", TARGETS)]
    ),
    "archives in archives": lambda: _nested(12),
}


def _nested(depth: int) -> bytes:
    file = npy(described((2**20, 1), "|u1"), bytes(2**20))
    for _ in range(depth):
        file = forged([Entry("inputs.npy", file), Entry("targets.npy", TARGETS)])
    return file


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_little_memory(edges: World, name: str) -> None:
    file = BOMBS[name]()
    upload(edges.client, one(packed=b""))
    with peak_bytes(edges.pid) as peak, unharmed(edges):
        answer = upload(edges.client, file)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["message"]
    assert peak() < _PEAK


_NUMBERS = st.sampled_from([0, 1, 7, 22, 46, 255, 2**15, 2**16 - 1])
_LONG = _NUMBERS | st.sampled_from([2**16, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1])
_EXTRAS = st.binary(max_size=12) | st.sampled_from(
    [zip64(), zip64(0), zip64(2**64 - 1), zip64(2**63, 2**63), zip64(2**62, 7, 2**64 - 1), zip64(500) * 9]
)
_FIELDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "version": _NUMBERS,
        "flags": _NUMBERS | st.sampled_from([8, 0x20, 0x40, 0x800]),
        "method": _NUMBERS | st.sampled_from([8, 12, 14]),
        "crc": _LONG,
        "packed": _LONG,
        "plain": _LONG,
        "extra": _EXTRAS,
        "name": st.binary(max_size=8) | st.sampled_from([b"inputs.npy", b"X.npy", b"targets.npy", b"y.npy"]),
    },
)
_LISTED = st.builds(
    lambda fields, at: {**fields, **at}, _FIELDS, st.just({}) | st.fixed_dictionaries({"offset": _LONG})
)


@st.composite
def _entries(draw: st.DrawFn) -> list[Entry]:
    """Good arrays, of which one at least says something else of itself, or is another."""
    found = []
    for place, (name, plain) in enumerate([("inputs.npy", INPUTS), ("targets.npy", TARGETS)]):
        wrong = draw(_FIELDS)
        packed = draw(st.none() | st.binary(max_size=40) | st.just(deflated(plain) * 2))
        listed = draw(st.sampled_from([wrong, {}])) or draw(_LISTED)
        at = draw(st.sampled_from([None, None, None, 0])) if place else None
        found.append(Entry(name, plain, packed, header=wrong, listed=listed, at=at))
    more = draw(st.integers(0, 2))
    return found + found[-1:] * more


@BOTH
def test_no_archive_is_the_services_fault(edges: World, count: int) -> None:
    ends = st.fixed_dictionaries({}, optional={"members": _NUMBERS, "size": _LONG, "begins": _LONG})

    @settings(max_examples=count, derandomize=count == QUICK, **ALWAYS)
    @given(_entries(), st.just({}) | ends)
    def send(entries: list[Entry], end: dict[str, int]) -> None:
        given = upload(edges.client, forged(entries, end))
        answer = raw.sound(given.status_code, given.headers["Content-Type"], given.content)
        assert answer.status in (200, 201, 422), given.text
        if answer.status != 422:
            assert edges.client.delete(given.json()["links"]["self"]).status_code == 200

    with unharmed(edges):
        send()
