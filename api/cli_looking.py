"""`groklab list` and `groklab show`: options and help of what is only looked at."""

from typing import Annotated, Literal

import typer

from api.cli_options import Json, ResourceId, Url


def list_all(
    state: Annotated[
        Literal["queued", "running", "succeeded", "failed", "cancelled"] | None,
        typer.Option(help="Only those in this state."),
    ] = None,
    problem: Annotated[
        str | None, typer.Option(help="Only those with this kind of problem, such as sparse_recovery.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    json: Json = False,
    url: Url = None,
) -> None:
    """Show the newest experiments: state, runs, progress, name."""
    from api.commands.looking import run_list

    run_list({"state": state, "problem": problem, "tag": tag}, limit, json, url)


def show(resource: ResourceId, json: Json = False, url: Url = None) -> None:
    """Show what is known of an experiment or one run; with --json also its spec and links."""
    from api.commands.looking import run_show

    run_show(resource, json, url)
