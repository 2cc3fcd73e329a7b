"""`groklab webhook ...`: options and help of the commands for webhooks."""

from enum import StrEnum
from typing import Annotated, Literal

import typer

from api.cli_options import Json, Url
from api.completion import experiment_ids, webhook_ids

webhooks = typer.Typer(
    help="Signed POSTs to addresses of yours: create, list, show, deliveries, delete.", no_args_is_help=True
)


class Event(StrEnum):
    """What may be told. Of an option that is repeated, Typer takes an enumeration alone."""

    T2 = "run.t2"
    SUCCEEDED = "run.succeeded"
    FAILED = "run.failed"
    ENDED = "experiment.ended"


WebhookId = Annotated[
    str, typer.Argument(metavar="WEBHOOK_ID", help="Id of the webhook, whk_...", autocompletion=webhook_ids)
]


@webhooks.command()
def create(
    address: Annotated[str, typer.Argument(help="http or https address that takes the POSTs.")],
    event: Annotated[
        list[Event] | None, typer.Option(help="What to tell of; may be repeated (default: all).")
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(help="Only of this experiment, exp_...", autocompletion=experiment_ids),
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only of experiments with this tag.")] = None,
    secret_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File with the key of the signatures; - for standard input (default: a new key).",
        ),
    ] = None,
    json: Json = False,
    url: Url = None,
) -> None:
    """Ask to be told; prints the key of the signatures, this once."""
    from api.commands.webhooks import run_create

    run_create(address, event, experiment, tag, secret_file, json, url)


@webhooks.command("list")
def list_all(json: Json = False, url: Url = None) -> None:
    """Show every webhook, newest first, without keys."""
    from api.commands.webhooks import run_list

    run_list(json, url)


@webhooks.command()
def show(webhook: WebhookId, json: Json = False, url: Url = None) -> None:
    """Show one webhook, without its key."""
    from api.commands.webhooks import run_show

    run_show(webhook, json, url)


@webhooks.command()
def deliveries(
    webhook: WebhookId,
    state: Annotated[
        Literal["pending", "delivered", "failed"] | None, typer.Option(help="Only those in this state.")
    ] = None,
    json: Json = False,
    url: Url = None,
) -> None:
    """Show what a webhook was told, newest first, and what was wrong with what did not arrive."""
    from api.commands.webhooks import run_deliveries

    run_deliveries(webhook, state, json, url)


@webhooks.command()
def delete(webhook: WebhookId, json: Json = False, url: Url = None) -> None:
    """Delete a webhook; what was not sent yet is not sent any more."""
    from api.commands.webhooks import run_delete

    run_delete(webhook, json, url)
