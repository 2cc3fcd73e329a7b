"""dataset add, list, show and delete."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.commands.experiments import service
from api.commands.tables import write_table
from api.commands.trouble import MISUSED, Trouble


def run_add(file: Path, name: str | None, as_json: bool, url: str | None) -> None:
    """Uploads a file and prints the id alone, or the whole dataset as JSON."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise Trouble(f"cannot read {file}: {error.strerror}", code=MISUSED) from error
    with service(url) as client:
        made = client.upload_dataset(file, name)
    sys.stdout.write(_text(made) if as_json else f"{made['id']}\n")


def run_list(as_json: bool, url: str | None) -> None:
    """Prints a row a dataset."""
    with service(url) as client:
        found = client.datasets()
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    write_table(_row(dataset) for dataset in found)


def run_show(dataset_id: str, as_json: bool, url: str | None) -> None:
    """Prints one dataset."""
    with service(url) as client:
        found = client.dataset(dataset_id)
    if as_json:
        sys.stdout.write(_text(found))
        return
    write_table([_row(found)])


def run_delete(dataset_id: str, as_json: bool, url: str | None) -> None:
    """Deletes one dataset and tells what that freed."""
    with service(url) as client:
        freed = client.delete_dataset(dataset_id)
    facts = {"id": dataset_id, "bytes_freed": freed}
    told = f"{dataset_id} deleted: {freed:,} bytes\n"
    if not freed:
        told = f"{dataset_id} deleted; its numbers stay until the experiments that use them have gone\n"
    sys.stdout.write(_text(facts) if as_json else told)


def _text(value: Any) -> str:
    return json.dumps(value) + "\n"


def _row(dataset: Mapping[str, Any]) -> dict[str, Any]:
    arrays = ", ".join(f"{one['name']} {'x'.join(map(str, one['shape']))}" for one in dataset["arrays"])
    told = {name: dataset[name] for name in ("id", "name", "classes", "bytes", "experiments")}
    return {**told, "arrays": arrays}
