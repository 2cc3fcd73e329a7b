"""The command line `groklab`: options and help; what the commands do is imported when they run."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli_actions import cancel, delete, extend, refine, retry, verify
from api.cli_datasets import datasets
from api.cli_figures import figure, figures
from api.cli_help import told
from api.cli_looking import list_all, show
from api.cli_options import ExperimentId, Json, StateDir, Url
from api.cli_plot import plot
from api.cli_tokens import tokens
from api.cli_webhooks import webhooks
from api.commands.trouble import INTERRUPTED, MISUSED, Trouble

app = typer.Typer(
    name="groklab",
    help="Experiments on grokking, as a service.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.add_typer(tokens, name="token")
app.add_typer(datasets, name="dataset")
app.add_typer(webhooks, name="webhook")

Host = Annotated[str | None, typer.Option(help="Address to listen on (default: GROKLAB_HOST, or 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(help="Port to listen on (default: GROKLAB_PORT, or 8000).")]


@app.command()
def up(host: Host = None, port: Port = None, state_dir: StateDir = None) -> None:
    """Run the whole service here: migrate, the API, and a worker with a process a core."""
    from api.commands.environment import load_settings
    from api.commands.up import run_up

    run_up(load_settings(host=host, port=port, state_dir=state_dir))


@app.command()
def api(host: Host = None, port: Port = None, state_dir: StateDir = None) -> None:
    """Run the API alone."""
    from api.commands.environment import load_settings, require_database_url

    settings = load_settings(host=host, port=port, state_dir=state_dir)
    require_database_url(settings)
    from api.serve import serve

    serve(settings)


@app.command()
def worker(
    queue: Annotated[Literal["cpu", "gpu"], typer.Option(help="Which runs to train.")] = "cpu",
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, help="Processes (default for cpu: one a core, for gpu: one a device)."),
    ] = None,
    state_dir: StateDir = None,
) -> None:
    """Run a worker, which trains what waits in one queue."""
    from api.commands.environment import load_settings, require_database_url

    settings = load_settings(state_dir=state_dir)
    require_database_url(settings)
    from worker.main import run_worker

    try:
        code = run_worker(settings, queue, concurrency)
    except ValueError as error:
        raise Trouble(str(error)) from error
    raise typer.Exit(code)


@app.command()
def migrate(state_dir: StateDir = None) -> None:
    """Bring the database to this version's form."""
    from api.commands.environment import load_settings
    from api.commands.environment import migrate as bring_up

    bring_up(load_settings(state_dir=state_dir))


@app.command()
def health(
    part: Annotated[Literal["api", "worker"], typer.Argument(help="Which of the processes of this machine.")],
    queue: Annotated[
        Literal["cpu", "gpu"] | None, typer.Option(help="Of a worker: the queue it serves (default: any).")
    ] = None,
    state_dir: StateDir = None,
) -> None:
    """Exit with 0 where the API, or a worker of this machine, does its work; with 1 where it does not."""
    from api.commands.environment import load_settings
    from api.commands.health import check_api, check_worker

    settings = load_settings(state_dir=state_dir)
    if part == "api":
        check_api(settings)
    else:
        check_worker(settings, queue)


@app.command()
def submit(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC_FILE", help="File with the spec as JSON; - for standard input.")
    ],
    watch: Annotated[bool, typer.Option("--watch", help="Show progress until it has ended.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show cells, cost, predictions and warnings.")
    ] = False,
    json: Json = False,
    url: Url = None,
) -> None:
    """Submit an experiment; prints its id, or all that is known of it as JSON."""
    from api.commands.experiments import run_dry_run, run_submit

    if watch and dry_run:
        raise Trouble("--watch and --dry-run exclude each other", code=MISUSED)
    if dry_run:
        run_dry_run(spec, json, url)
        return
    run_submit(spec, watch, json, url)


@app.command()
def watch(experiment: ExperimentId, json: Json = False, url: Url = None) -> None:
    """Show the progress of an experiment until it has ended."""
    from api.commands.experiments import run_watch

    run_watch(experiment, json, url)


app.command("list")(list_all)
for _command in (show, cancel, retry, extend, refine, verify, delete):
    app.command()(_command)


@app.command()
def results(
    experiment: ExperimentId,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    url: Url = None,
) -> None:
    """Show the results of an experiment, a row a run."""
    from api.commands.experiments import run_results

    if json and csv:
        raise Trouble("--json and --csv exclude each other", code=MISUSED)
    run_results(experiment, "json" if json else "csv" if csv else "table", url)


@app.command()
def copy(
    source: Annotated[
        str, typer.Option("--from", help="Database to copy: sqlite:///... or postgresql://...")
    ],
    target: Annotated[str, typer.Option("--to", help="New database, or one that an interrupted copy began.")],
    live: Annotated[
        bool, typer.Option("--live", help="Copy this moment of a service at work; later work is left behind.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The comparison as JSON.")] = False,
) -> None:
    """Copy a database into another one and compare them; an interrupted copy goes on when started again."""
    from api.commands.environment import load_settings
    from api.commands.moving import run_copy

    run_copy(source, target, live, json, load_settings().lease_seconds)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    state_dir: StateDir = None,
) -> None:
    """Write the embedded service's database to a file, while it works or not."""
    from api.commands.environment import load_settings
    from api.commands.moving import run_backup

    run_backup(load_settings(state_dir=state_dir), file, force)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="File that `groklab backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a database that is there.")] = False,
    state_dir: StateDir = None,
) -> None:
    """Make the embedded service's database what a backup holds; the service must be stopped."""
    from api.commands.environment import load_settings
    from api.commands.moving import run_restore

    run_restore(load_settings(state_dir=state_dir), file, force)


@app.command()
def prune(
    older_than: Annotated[str, typer.Option(help="How long ago the last run ended: 12h, 30d or 4w.")],
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only experiments that are succeeded, failed or cancelled; may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be deleted.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    state_dir: StateDir = None,
) -> None:
    """Delete experiments that ended long ago and give their space back."""
    from api.commands.environment import load_settings, require_migrated
    from api.commands.prune import run_prune, seconds_in, states_in

    age, states = seconds_in(older_than), states_in(state or [])
    settings = load_settings(state_dir=state_dir)
    require_migrated(settings)
    run_prune(settings, age, states, dry_run, json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="File of the picture.")] = Path("demo.png"),
) -> None:
    """Train the golden run on a service of its own and draw its curves."""
    from api.commands.demo import run_demo

    run_demo(out)


app.command()(figures)
app.command()(figure)
app.command()(plot)


def main() -> None:
    """Entry point; every failure that a user can cause is a line on stderr."""
    try:
        code = told(typer.main.get_command(app))(standalone_mode=False)
    except Trouble as trouble:
        code = _complain(trouble.lines, trouble.code)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        # Typer keeps the base class of its usage errors to itself; they alone have these two.
        if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
            raise
        code = _complain([error.format_message()], error.exit_code)
    sys.exit(code or 0)


def _complain(lines: Sequence[str], code: int) -> int:
    for line in filter(None, lines):
        sys.stderr.write(f"groklab: {line}\n")
    return code


if __name__ == "__main__":
    main()
