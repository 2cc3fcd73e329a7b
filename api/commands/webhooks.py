"""webhook create, list, show, deliveries and delete."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.client import DeliveryState
from api.commands.experiments import service
from api.commands.tables import write_table
from api.commands.trouble import MISUSED, Trouble


def run_create(
    address: str,
    events: Sequence[str] | None,
    experiment: str | None,
    tag: str | None,
    secret_file: str | None,
    as_json: bool,
    url: str | None,
) -> None:
    """Makes a webhook; the key of its signatures alone goes to stdout, or the whole webhook as JSON."""
    secret = None if secret_file is None else _read_secret(secret_file)
    with service(url) as client:
        made = client.create_webhook(address, events=events, experiment=experiment, tag=tag, secret=secret)
    if as_json:
        sys.stdout.write(_text(made))
        return
    sys.stdout.write(made["secret"] + "\n")
    sys.stderr.write(f"webhook {made['id']}: the key of its signatures is shown this once\n")


def run_list(as_json: bool, url: str | None) -> None:
    """Prints a row a webhook."""
    with service(url) as client:
        found = client.webhooks()
    _write(found, as_json, [_row(webhook) for webhook in found])


def run_show(webhook_id: str, as_json: bool, url: str | None) -> None:
    """Prints one webhook."""
    with service(url) as client:
        found = client.webhook(webhook_id)
    _write(found, as_json, [_row(found)])


def run_deliveries(webhook_id: str, state: DeliveryState | None, as_json: bool, url: str | None) -> None:
    """Prints a row a delivery."""
    names = ("id", "event", "state", "attempts", "status", "error", "created_at", "next_at")
    with service(url) as client:
        found = client.deliveries(webhook_id, state)
    _write(found, as_json, [{name: delivery[name] for name in names} for delivery in found])


def run_delete(webhook_id: str, as_json: bool, url: str | None) -> None:
    """Deletes one webhook."""
    with service(url) as client:
        freed = client.delete_webhook(webhook_id)
    sys.stdout.write(
        _text({"id": webhook_id, "bytes_freed": freed}) if as_json else f"{webhook_id} deleted\n"
    )


def _read_secret(file: str) -> str:
    """The text of the file, without the end of its line."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise Trouble(f"cannot read {file}: {reason}", code=MISUSED) from error
    return text.rstrip("\r\n")


def _write(found: Any, as_json: bool, rows: Sequence[Mapping[str, Any]]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        write_table(rows)


def _text(value: Any) -> str:
    return json.dumps(value) + "\n"


def _row(webhook: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: webhook[name] for name in ("id", "url", "experiment", "tag", "created_at")}
    return {**told, "events": ", ".join(webhook["events"])}
