"""submit, watch and results: what a user asks of a running service."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import httpx

from api.client import BadToken, Client, Fault, Progress, Refused, Unreachable
from api.client.tables import row_columns
from api.commands.dry_run import write_dry_run
from api.commands.tables import counted, plain, write_table
from api.commands.trouble import FAILED, MISUSED, UNREACHABLE, Trouble

Form = Literal["table", "json", "csv"]
_LONGEST_VALUE = 60
_ATTEMPTS = 3
"""Whoever mistyped an address should not wait long to be told."""


def run_submit(spec: str, watch: bool, as_json: bool, url: str | None) -> None:
    """Submits the spec of a file or of standard input; with `watch` stays until it has ended."""
    data = _read_spec(spec)
    with service(url) as client:
        made = client.submit(data)
        known = made.progress()
        sys.stdout.write(_text(known) if as_json else made.id + "\n")
        sys.stdout.flush()
        sys.stderr.write("".join(f"warning: {warning}\n" for warning in known.warnings))
        if watch:
            finish(client.wait(made.id, progress=True))


def run_dry_run(spec: str, as_json: bool, url: str | None) -> None:
    """Prints what submitting the spec of a file or of standard input would do."""
    data = _read_spec(spec)
    with service(url) as client:
        found = client.dry_run(data)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        write_dry_run(found)


def run_watch(experiment_id: str, as_json: bool, url: str | None) -> None:
    """Shows progress on stderr until the experiment has ended; as JSON its end goes to stdout."""
    with service(url) as client:
        end = client.wait(experiment_id, progress=True)
    if as_json:
        sys.stdout.write(_text(end))
        sys.stdout.flush()
    finish(end)


def run_results(experiment_id: str, form: Form, url: str | None) -> None:
    """Prints a row a run."""
    with service(url) as client:
        rows = client.results(experiment_id)
    if form == "json":
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    elif form == "csv":
        _write_csv(rows)
    else:
        _write_table(rows)


@contextmanager
def service(url: str | None) -> Iterator[Client]:
    """A client whose errors end the command with plain lines, with a hint where no address was given."""
    try:
        opened = Client(url, attempts=_ATTEMPTS)
    except BadToken as error:
        raise Trouble(str(error), code=MISUSED) from error
    with opened as client:
        try:
            yield client
        except Unreachable as error:
            hint = "" if url else "; choose another address with --url or GROKLAB_URL"
            raise Trouble(f"{error}{hint}", code=UNREACHABLE) from error
        except Refused as error:
            lines = [_line(fault) for fault in error.faults] or [error.detail]
            if error.status == httpx.codes.UNAUTHORIZED:
                lines.append("give the secret of a token in GROKLAB_TOKEN")
            raise Trouble(*lines, code=FAILED) from error


def finish(end: Progress) -> None:
    """Ends the command as the experiment ended."""
    if end.state != "succeeded":
        raise Trouble(f"experiment {end.id} {end.state}: {counted(end.counts)}")


def _text(found: Progress) -> str:
    return json.dumps(asdict(found)) + "\n"


def _line(fault: Fault) -> str:
    message = f"{fault.pointer or '/'}: {fault.message}"
    if fault.value is None:
        return message
    value = json.dumps(fault.value)
    # Of a sweep the message has it already.
    if message.find(f" = {value}: ") > 0:
        return message
    return f"{message} (got {value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + '…'})"


def _read_spec(spec: str) -> Any:
    name = "standard input" if spec == "-" else spec
    try:
        text = sys.stdin.read() if spec == "-" else Path(spec).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise Trouble(f"cannot read {name}: {reason}", code=MISUSED) from error
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise Trouble(f"{name} is not JSON: {error}", code=MISUSED) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


_TOLD = ("test_error", "test_accuracy", "test_loss", "test_r2")
"""Final metrics of a table, those that any run has; all are in the CSV."""


def _write_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """In the columns of the service's own CSV."""
    table = [row_columns(row) | row["final"] for row in rows]
    # Runs that have not ended have no final values yet.
    names = list(dict.fromkeys(name for line in table for name in line))
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: plain(value) for name, value in line.items()} for line in table)


def _write_table(rows: Sequence[Mapping[str, Any]]) -> None:
    told = [name for name in _TOLD if any(name in row["final"] for row in rows)] or _TOLD[:1]
    table = [row_columns(row) | {name: row["final"].get(name) for name in told} for row in rows]
    # Networks have no theory; of runs that have not ended nobody knows yet.
    known = any(row["theory"] for row in rows) or not any(row["final"] for row in rows)
    write_table({n: v for n, v in line.items() if known or not n.startswith("theory")} for line in table)
