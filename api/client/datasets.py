"""Talks about datasets."""

from typing import Any

from api.client.npz import Arrays, npz
from api.client.talk import Talk, delete, get, items, post


def upload_dataset(data: Arrays, name: str | None) -> Talk[dict[str, Any]]:
    """Uploads arrays; the dataset."""
    with npz(data) as file:
        form = {} if name is None else {"name": name}
        made: dict[str, Any] = yield from post("/v1/datasets", files={"file": ("data.npz", file)}, data=form)
        return made


def dataset(dataset_id: str) -> Talk[dict[str, Any]]:
    """What the service tells of it."""
    found: dict[str, Any] = yield from get(f"/v1/datasets/{dataset_id}")
    return found


def datasets() -> Talk[list[dict[str, Any]]]:
    """All of them, newest first."""
    return (yield from items("/v1/datasets"))


def delete_dataset(dataset_id: str) -> Talk[int]:
    """Deletes it; the bytes freed."""
    return int((yield from delete(f"/v1/datasets/{dataset_id}"))["bytes_freed"])
