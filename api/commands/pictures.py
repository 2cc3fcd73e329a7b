"""plot: the service draws, the command writes the file."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.client import Client
from api.client.pictures import Form, plot
from api.commands.experiments import service
from api.commands.trouble import MISUSED, Trouble

_FORMS: Mapping[str, Form] = {".svg": "svg", ".png": "png"}


def run_plot(resource_id: str, out: Path, wanted: Mapping[str, Any], url: str | None) -> None:
    """Writes the picture of an experiment or a run into `out`, whose ending names its form."""
    form_of(out)
    with service(url) as client:
        write_picture(client, resource_id, out, wanted)
    sys.stdout.write(f"{out}\n")


def form_of(out: Path) -> Form:
    """The form that the file's ending names. Raises Trouble for another one, and where it has no folder."""
    form = _FORMS.get(out.suffix)
    if form is None or not out.absolute().parent.is_dir():
        message = f"--out must be a .svg or .png file of an existing folder (got {str(out)!r})"
        raise Trouble(message, code=MISUSED)
    return form


def write_picture(client: Client, resource_id: str, out: Path, wanted: Mapping[str, Any]) -> None:
    """Writes what the service draws. Raises Trouble where the file cannot be written."""
    picture = client.converse(plot(resource_id, form_of(out), wanted))
    try:
        out.write_bytes(picture)
    except OSError as error:
        raise Trouble(f"cannot write {out}: {error.strerror}") from error
