"""`groklab dataset ...`: options and help of the commands for datasets."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import Json, Url
from api.completion import dataset_ids

datasets = typer.Typer(help="Datasets to learn from: upload, list, show, delete.", no_args_is_help=True)

DatasetId = Annotated[
    str, typer.Argument(metavar="DATASET_ID", help="Id of the dataset, ds_...", autocompletion=dataset_ids)
]


@datasets.command()
def add(
    file: Annotated[Path, typer.Argument(help="File with the arrays, as numpy.savez writes it.")],
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    json: Json = False,
    url: Url = None,
) -> None:
    """Upload an .npz file; prints the dataset's id."""
    from api.commands.datasets import run_add

    run_add(file, name, json, url)


@datasets.command("list")
def list_all(json: Json = False, url: Url = None) -> None:
    """Show every dataset, newest first."""
    from api.commands.datasets import run_list

    run_list(json, url)


@datasets.command()
def show(dataset: DatasetId, json: Json = False, url: Url = None) -> None:
    """Show one dataset: its arrays, without their numbers."""
    from api.commands.datasets import run_show

    run_show(dataset, json, url)


@datasets.command()
def delete(dataset: DatasetId, json: Json = False, url: Url = None) -> None:
    """Delete a dataset; experiments that have ended keep its numbers."""
    from api.commands.datasets import run_delete

    run_delete(dataset, json, url)
