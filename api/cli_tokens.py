"""`groklab token ...`: options and help of the commands for tokens."""

from typing import Annotated, Literal

import typer

from api.cli_options import Json, StateDir

tokens = typer.Typer(help="Make, list and revoke the tokens that may call the API.", no_args_is_help=True)

Quota = Annotated[
    int | None,
    typer.Option(min=0, max=2**62, help="A quota; 0: no limit (default: GROKLAB_QUOTA_..., or no limit)."),
]


@tokens.command("create")
def create(
    scope: Annotated[
        Literal["read", "write", "admin"],
        typer.Option(help="What it may do; each may do what those before it may."),
    ],
    name: Annotated[str, typer.Option(help="Whose it is, or what for.")],
    max_running_runs: Quota = None,
    max_queued_runs: Quota = None,
    max_steps_a_day: Quota = None,
    max_bytes: Quota = None,
    json: Json = False,
    state_dir: StateDir = None,
) -> None:
    """Make a token; prints its secret, this once."""
    from api.commands.environment import load_settings, require_migrated
    from api.commands.tokens import run_create

    settings = load_settings(state_dir=state_dir)
    require_migrated(settings)
    quotas = {
        "running_runs": max_running_runs,
        "queued_runs": max_queued_runs,
        "steps_a_day": max_steps_a_day,
        "bytes_stored": max_bytes,
    }
    run_create(settings, scope, name, quotas, json)


@tokens.command("list")
def list_all(json: Json = False, state_dir: StateDir = None) -> None:
    """Show every token, without secrets."""
    from api.commands.environment import load_settings, require_migrated
    from api.commands.tokens import run_list

    settings = load_settings(state_dir=state_dir)
    require_migrated(settings)
    run_list(settings, json)


@tokens.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the token, tok_...")],
    json: Json = False,
    state_dir: StateDir = None,
) -> None:
    """Let a token in no more."""
    from api.commands.environment import load_settings, require_migrated
    from api.commands.tokens import run_revoke

    settings = load_settings(state_dir=state_dir)
    require_migrated(settings)
    run_revoke(settings, token_id, json)
