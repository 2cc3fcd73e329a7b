"""`groklab plot`: options and help of the command that draws."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli_options import ResourceId, Url


def plot(
    resource: ResourceId,
    out: Annotated[Path, typer.Option(help="File of the picture: .svg or .png.")],
    kind: Annotated[
        Literal["curves", "scaling", "matrix", "phase", "components", "singular_values", "figure"] | None,
        typer.Option(help="What to draw (default: the figure that it was made from, or what fits the axes)."),
    ] = None,
    x: Annotated[
        str | None,
        typer.Option(help="JSON pointer of an axis; of scaling also a product, such as /a/b*/c/d."),
    ] = None,
    y: Annotated[
        str | None, typer.Option(help="Of matrix and phase the other axis, of scaling what is measured.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(help="Of a matrix: t1, t2, delay, theory_delay, theory_ratio, theory.NAME or a metric."),
    ] = None,
    colour: Annotated[
        str | None, typer.Option(help="JSON pointer of the axis that colours curves or points, or seed.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Metric to draw over steps; may be repeated.")
    ] = None,
    figure: Annotated[
        str | None, typer.Option(help="Number of the figure of the paper whose panels are drawn.")
    ] = None,
    url: Url = None,
) -> None:
    """Draw an experiment or one run into a file."""
    from api.commands.pictures import run_plot

    wanted = {
        "kind": kind,
        "x": x,
        "y": y,
        "value": value,
        "colour": colour,
        "metric": metric,
        "figure": figure,
    }
    run_plot(resource, out, {name: given for name, given in wanted.items() if given}, url)
