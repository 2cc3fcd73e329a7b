"""Files and forms that must be refused: a 4xx that names the array, bounded memory, nothing left behind."""

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.archives import GOOD, described, npy, npz, upload, with_member, zipped
from tests.api.served import served
from worker.settings import Settings

DOUBLES = np.zeros(48).tobytes()


def _changed(name: str, change: Any) -> bytes:
    arrays = {part: array.copy() for part, array in GOOD.items()}
    arrays[name] = change(arrays[name]) if callable(change) else change
    return npz(arrays)


def _put(name: str, place: Any, value: float) -> bytes:
    def put(array: Any) -> Any:
        array[place] = value
        return array

    return _changed(name, put)


def _encrypted() -> bytes:
    file = bytearray(npz(GOOD))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = file.index(signature)
        file[at + offset] |= 1
    return bytes(file)


def _duplicate() -> bytes:
    return with_member("X", npy(described((12, 4)), DOUBLES))


def _zip64() -> bytes:
    file = npz(GOOD)
    return file[:-22] + b"PK\x06\x07" + bytes(16) + file[-22:]


def _bomb() -> bytes:
    data = npy(described((10**6, 10**3)), bytes(2**27))
    return with_member("inputs", data, zipfile.ZIP_DEFLATED)


def _lying_directory() -> bytes:
    file = bytearray(npz(GOOD))
    file[-10:-6] = struct.pack("<I", 2**31)
    return bytes(file)


def _beginning_elsewhere() -> bytes:
    file = bytearray(npz(GOOD))
    (begins,) = struct.unpack("<I", file[-6:-2])
    file[-6:-2] = struct.pack("<I", begins + 1)
    return bytes(file)


def _damaged() -> bytes:
    file = bytearray(npz(GOOD, compressed=True))
    file[200] ^= 0xFF
    return bytes(file)


FILES: dict[str, tuple[Any, str]] = {
    "a list of members that begins elsewhere": (_beginning_elsewhere, "/file"),
    "empty": (b"", "/file"),
    "no archive": (b"no archive" * 100, "/file"),
    "cut off": (npz(GOOD)[:-100], "/file"),
    "an .npy alone": (npy(described((12, 4)), DOUBLES), "/file"),
    "a comment": (npz(GOOD)[:-2] + b"\x02\0hi", "/file"),
    "a list of members that is huge": (_lying_directory, "/file"),
    "many members": (zipped({f"a{n}.npy": b"" for n in range(100)}), "/file"),
    "zip64": (_zip64, "/file"),
    "no arrays": (zipped({}), "/file/inputs"),
    "no targets": (npz({"inputs": GOOD["inputs"]}), "/file/targets"),
    "another array": (npz({**GOOD, "z": GOOD["targets"]}), "/file/z"),
    "a path": (with_member("../targets", b""), "/file/..~1targets"),
    "an absolute path": (with_member("/etc/passwd", b""), "/file/~1etc~1passwd"),
    "no array at all": (zipped({"readme.txt": b"hi"}), "/file/readme.txt"),
    "the same array twice": (_duplicate, "/file/inputs"),
    "encrypted": (_encrypted, "/file/inputs"),
    "bzip2": (with_member("targets", npy(described((12,)), bytes(96)), zipfile.ZIP_BZIP2), "/file/inputs"),
    "damaged": (_damaged, "/file/inputs"),
    "a bomb": (_bomb, "/file/inputs"),
    "objects": (_changed("inputs", np.array([[1, "a"]], dtype=object)), "/file/inputs"),
    "structures": (_changed("inputs", np.zeros((12, 4), dtype=[("a", "f8")])), "/file/inputs"),
    "texts": (_changed("targets", np.array(["a"] * 12)), "/file/targets"),
    "dates": (_changed("targets", np.zeros(12, "M8[s]")), "/file/targets"),
    "complex": (_changed("inputs", lambda a: a.astype(complex)), "/file/inputs"),
    "long doubles": (_changed("inputs", lambda a: a.astype(np.longdouble)), "/file/inputs"),
    "no header": (with_member("inputs", b"no header at all"), "/file/inputs"),
    "a header that is cut off": (with_member("inputs", b"\x93NUMPY\x01\0"), "/file/inputs"),
    "a header that is a call": (with_member("inputs", npy("__import__('os')")), "/file/inputs"),
    "a header that is nested": (with_member("inputs", npy("-" * 1000 + "1")), "/file/inputs"),
    "a header that is a list": (with_member("inputs", npy("[" * 500)), "/file/inputs"),
    "a header that is long": (with_member("inputs", npy(b" " * 2**21, version=2)), "/file/inputs"),
    "a header with more": (with_member("inputs", npy("{'descr': '<f8', 'x': 1}")), "/file/inputs"),
    "order that is a number": (
        with_member("inputs", npy(described((12, 4), fortran=2), DOUBLES)),
        "/file/inputs",
    ),
    "a huge shape": (with_member("inputs", npy(described((2**62, 2**62)))), "/file/inputs"),
    "a negative shape": (with_member("inputs", npy(described((-12, -4)), DOUBLES)), "/file/inputs"),
    "a shape of truth values": (with_member("inputs", npy(described((True, 48)), DOUBLES)), "/file/inputs"),
    "a shape of fractions": (with_member("inputs", npy(described((12.0, 4.0)), DOUBLES)), "/file/inputs"),
    "a shape that is none": (with_member("inputs", npy(described(48), DOUBLES)), "/file/inputs"),
    "too few bytes": (with_member("inputs", npy(described((12, 4)), DOUBLES[:-1])), "/file/inputs"),
    "too many bytes": (with_member("inputs", npy(described((12, 4)), DOUBLES + b"x")), "/file/inputs"),
    "nothing": (_changed("inputs", np.zeros((0, 4))), "/file/inputs"),
    "no columns": (_changed("inputs", np.zeros((12, 0))), "/file/inputs"),
    "a scalar": (_changed("targets", np.array(1.0)), "/file/targets"),
    "flat inputs": (_changed("inputs", np.zeros(12)), "/file/inputs"),
    "targets with two axes": (_changed("targets", np.zeros((12, 1))), "/file/targets"),
    "too few targets": (_changed("targets", np.zeros(11)), "/file/targets"),
    "parameters that do not fit": (npz({**GOOD, "true_parameters": np.ones(5)}), "/file/true_parameters"),
    "tests without targets": (npz({**GOOD, "test_inputs": np.ones((2, 4))}), "/file/test_targets"),
    "tests without inputs": (npz({**GOOD, "test_targets": np.ones(2)}), "/file/test_inputs"),
    "tests of another width": (
        npz({**GOOD, "test_inputs": np.ones((2, 5)), "test_targets": np.ones(2)}),
        "/file/test_inputs",
    ),
    "two ways to test": (
        npz(
            {
                **GOOD,
                "true_parameters": np.ones(4),
                "test_inputs": np.ones((2, 4)),
                "test_targets": np.ones(2),
            }
        ),
        "/file/true_parameters",
    ),
    "a number that is none": (_put("inputs", (3, 2), np.nan), "/file/inputs"),
    "an infinite target": (_put("targets", 7, -np.inf), "/file/targets"),
    "too large a number": (_put("targets", 7, 1e101), "/file/targets"),
    "too small a number": (_put("targets", 7, 1e-101), "/file/targets"),
    "an integer that is not exact": (_changed("targets", np.array([0] * 11 + [2**53 + 1])), "/file/targets"),
}


def _left(settings: Settings) -> list[Path]:
    return list(settings.upload_folder.glob("**/*"))


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_at_what_is_wrong(shared_client: Client, name: str) -> None:
    file, pointer = FILES[name]
    answer = upload(shared_client, file() if callable(file) else file)
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert fault["message"]
    assert len(answer.content) < 2000
    assert shared_client.get("/v1/datasets").json()["items"] == []


@pytest.mark.parametrize(
    ("file", "place"),
    [
        (_put("inputs", (3, 2), np.nan), "inputs[3, 2] is nan"),
        (
            _changed("inputs", lambda a: np.asfortranarray(np.where(a == a[3, 2], np.inf, a))),
            "inputs[3, 2] is inf",
        ),
        (_put("targets", 7, -np.inf), "targets[7] is -inf"),
        (_put("targets", 0, 1e200), "targets[0] is 1e+200"),
    ],
)
def test_the_first_bad_number_is_named(shared_client: Client, file: bytes, place: str) -> None:
    assert place in upload(shared_client, file).json()["errors"][0]["message"]


def test_a_bad_number_is_found_wherever_it_is(shared_client: Client) -> None:
    inputs = np.zeros((300_000, 2), np.float16)
    inputs[299_999, 1] = np.nan
    answer = upload(shared_client, npz({"inputs": inputs, "targets": np.zeros(300_000, np.int8)}, True))
    assert "inputs[299999, 1] is nan" in answer.json()["errors"][0]["message"]


def test_a_file_over_the_bound_is_a_413_and_numbers_over_it_a_422(sqlite_settings: Settings) -> None:
    small = sqlite_settings.model_copy(update={"max_upload_bytes": 100_000})
    rows = 13_000
    with served(small) as client:
        file = npz({"inputs": np.random.default_rng(0).normal(size=(rows, 1)), "targets": np.zeros(rows)})
        answer = upload(client, file)
        assert answer.status_code == 413
        assert "100000" in answer.json()["detail"]
        assert upload(client, file + bytes(10**6)).status_code == 413
        swollen = {"inputs": np.zeros((rows, 1), np.int8), "targets": np.zeros(rows, np.int8)}
        answer = upload(client, npz(swollen))
        assert answer.status_code == 422
        assert "at most 100000 bytes" in answer.json()["errors"][0]["message"]
        assert upload(client, npz(GOOD)).status_code == 201
    assert _left(small) == []


def _form(*parts: tuple[str, bytes], boundary: str = "b", end: str = "--") -> bytes:
    head = b""
    for disposition, data in parts:
        head += f"--{boundary}\r\n{disposition}\r\n\r\n".encode() + data + b"\r\n"
    return head + f"--{boundary}{end}\r\n".encode()


FILE = 'Content-Disposition: form-data; name="file"; filename="x.npz"'
NAME = 'Content-Disposition: form-data; name="name"'
FORMS: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no form": (b"no form", 400),
    "no end": (_form((FILE, npz(GOOD)))[:-8], 400),
    "no parts": (b"--b--\r\n", 422),
    "no file": (_form((NAME, b"a")), 422),
    "two files": (_form((FILE, npz(GOOD)), (FILE, npz(GOOD))), 422),
    "another field": (_form((FILE, npz(GOOD)), (NAME.replace('"name"', '"pickle"'), b"1")), 422),
    "a part without a name": (_form(("Content-Disposition: form-data", b"")), 400),
    "a part without headers": (b"--b\r\n\r\nx\r\n--b--\r\n", 400),
    "long headers": (_form(("X: " + "x" * 100_000, b"")), 400),
    "many headers": (_form(("\r\n".join(f"X{n}: 1" for n in range(1000)), b"")), 400),
    "a long name": (_form((FILE, npz(GOOD)), (NAME, b"x" * 201)), 422),
    "a very long name": (_form((FILE, npz(GOOD)), (NAME, b"x" * 100_000)), 422),
    "a name that is no text": (_form((FILE, npz(GOOD)), (NAME, b"\xff")), 422),
    "a name with a control character": (_form((FILE, npz(GOOD)), (NAME, b"a\x00")), 422),
    "an empty name": (_form((FILE, npz(GOOD)), (NAME, b"")), 422),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_bad_form_is_refused(shared_client: Client, name: str) -> None:
    body, status = FORMS[name]
    answer = shared_client.post(
        "/v1/datasets", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert shared_client.get("/v1/datasets").json()["items"] == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("", 415),
        ("multipart/mixed; boundary=b", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "b" * 1000, 400),
    ],
)
def test_another_content_type_is_refused(shared_client: Client, content_type: str, status: int) -> None:
    answer = shared_client.post(
        "/v1/datasets", content=_form((FILE, npz(GOOD))), headers={"Content-Type": content_type}
    )
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_disk_without_room_is_a_503(sqlite_settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder")
    with served(sqlite_settings.model_copy(update={"state_dir": blocked})) as client:
        answer = upload(client, npz(GOOD))
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text


WHOLE = npz({**GOOD, "true_parameters": np.ones(4)}, compressed=True)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 30),
)
def test_no_damage_to_a_file_is_the_services_fault(
    shared_client: Client, edits: list[tuple[int, int]], cut: int
) -> None:
    file = bytearray(WHOLE)
    for place, byte in edits:
        file[place] = byte
    answer = upload(shared_client, bytes(file[: len(file) - cut]))
    assert answer.status_code in (200, 201, 422), answer.text
    if answer.status_code != 422:
        assert shared_client.delete(answer.json()["links"]["self"]).status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(-3, 10**20), max_size=4).map(tuple),
    dtype=st.sampled_from(["<f8", ">f2", "|O", "|V8", "<c16", "<U4", "=i8", "f8", "", "<f8,<f8", "|b1"])
    | st.text(max_size=8),
    fortran=st.booleans() | st.none(),
    data=st.binary(max_size=500),
)
def test_no_header_is_the_services_fault(
    shared_client: Client, shape: tuple[int, ...], dtype: str, fortran: bool | None, data: bytes
) -> None:
    header = described(shape, dtype, fortran).encode("utf-8", "replace")
    answer = upload(shared_client, with_member("targets", npy(header, data, version=3)))
    assert answer.status_code in (200, 201, 422), answer.text
    if answer.status_code != 422:
        assert shared_client.delete(answer.json()["links"]["self"]).status_code == 200


def test_an_archive_by_another_program_is_read(shared_client: Client) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in GOOD.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.save(member, array)
    answer = upload(shared_client, file.getvalue())
    assert answer.status_code == 201
    assert shared_client.delete(answer.json()["links"]["self"]).status_code == 200
