"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from api.completion import experiment_ids, resource_ids

Url = Annotated[
    str | None, typer.Option(help="Address of the service (default: GROKLAB_URL, or http://127.0.0.1:8000).")
]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
ResourceId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="Id of an experiment, exp_..., or of one run, run_...",
        autocompletion=resource_ids,
    ),
]
ExperimentId = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT_ID", help="Id of the experiment, exp_...", autocompletion=experiment_ids
    ),
]
Watch = Annotated[bool, typer.Option("--watch", help="Show progress until the experiment has ended.")]
StateDir = Annotated[
    Path | None,
    typer.Option(help="Where it keeps its files (default: GROKLAB_STATE_DIR, or ~/.groklab)."),
]
