"""`groklab figures` and `groklab figure`: options and help of the commands for the figures of the paper."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli_options import Json, Url
from api.commands.trouble import MISUSED, Trouble


def figures(json: Json = False, url: Url = None) -> None:
    """List the figures of the paper and the claims that each checks."""
    from api.commands.figures import run_figures

    run_figures(json, url)


def figure(
    number: Annotated[str, typer.Argument(help="Number of the figure in the paper.")],
    scale: Annotated[
        Literal["smoke", "paper"], typer.Option(help="smoke: within a minute; paper: as published.")
    ] = "smoke",
    watch: Annotated[
        bool, typer.Option("--watch", help="Show progress, then the verdict; exit with 1 where it fails.")
    ] = False,
    experiment: Annotated[
        str | None, typer.Option(help="Judge this experiment, exp_..., instead of submitting one.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Draw its panels into this .svg or .png file, once the runs have ended (--watch)."),
    ] = None,
    json: Json = False,
    url: Url = None,
) -> None:
    """Try out a figure of the paper: submit its experiment, draw its panels, and judge its claims."""
    from api.commands.figures import run_figure, run_verdict

    if experiment is None:
        run_figure(number, scale, watch, out, json, url)
        return
    if watch:
        raise Trouble("--watch and --experiment exclude each other", code=MISUSED)
    run_verdict(number, experiment, out, json, url)
