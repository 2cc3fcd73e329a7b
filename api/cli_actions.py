"""`groklab cancel`, `retry`, `extend`, `refine`, `verify`, `delete`: options and help of what is done."""

from typing import Annotated

import typer

from api.cli_options import ExperimentId, Json, ResourceId, Url, Watch
from api.completion import run_ids


def cancel(
    resource: ResourceId,
    watch: Watch = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Ask what goes on to end, of an experiment or one run."""
    from api.commands.actions import run_cancel

    run_cancel(resource, watch, json, url)


def retry(
    resource: ResourceId,
    watch: Watch = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Queue again what failed or was cancelled, of an experiment or one run."""
    from api.commands.actions import run_action

    run_action(lambda client: client.retry(resource), watch, json, url)


def extend(
    resource: ResourceId,
    steps: Annotated[int, typer.Option(help="Number of steps in all.")],
    censored_only: Annotated[
        bool, typer.Option("--censored-only", help="Only runs whose t2 was not seen.")
    ] = False,
    reuse: Annotated[
        bool | None,
        typer.Option("--reuse/--no-reuse", help="Take over known results (default: as the spec says)."),
    ] = None,
    watch: Watch = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Give runs that succeeded more steps, of an experiment or one run; they go on where they ended."""
    from api.commands.actions import run_action

    run_action(
        lambda client: client.extend(resource, steps, censored_only=censored_only, reuse=reuse),
        watch,
        json,
        url,
    )


def refine(
    experiment: ExperimentId,
    axis: Annotated[str, typer.Option(help="JSON pointer of the axis along which neighbours are halved.")],
    tolerance: Annotated[
        float, typer.Option(help="Share of the larger of two neighbours by which they may differ.")
    ] = 0.01,
    watch: Watch = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Submit the cells halfway across the boundaries of a phase map; exits with 1 where there are none."""
    from api.commands.actions import run_refine

    run_refine(experiment, axis, tolerance, watch, json, url)


def verify(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN_ID", help="Id of a run that succeeded, run_...", autocompletion=run_ids),
    ],
    watch: Annotated[bool, typer.Option("--watch", help="Wait for the verdict.")] = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Train a run once more and compare; with --watch exits with 1 where they differ."""
    from api.commands.actions import run_verify

    run_verify(run, watch, json, url)


def delete(
    experiment: ExperimentId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also while runs have not ended; they are cancelled.")
    ] = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Delete an experiment with its runs and all that they recorded, once you have said yes."""
    from api.commands.deletion import run_delete

    run_delete(experiment, yes, force, json, url)
