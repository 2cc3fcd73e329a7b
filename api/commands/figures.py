"""figure: tries a figure of the paper out, draws it, and prints the verdict."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from api.client import Client
from api.commands.experiments import finish, service
from api.commands.pictures import form_of, write_picture
from api.commands.tables import write_table
from api.commands.trouble import Trouble


def run_figures(as_json: bool, url: str | None) -> None:
    """Prints every figure and the claims that it checks."""
    with service(url) as client:
        found = client.figures()
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    write_table({"figure": f["id"], "title": f["title"], "claims": " ".join(f["claims"])} for f in found)


def run_figure(
    figure_id: str, scale: str, watch: bool, out: Path | None, as_json: bool, url: str | None
) -> None:
    """Submits the figure's experiment and prints its id.

    With `watch` or `out` it stays, draws the panels into `out`, and prints the verdict.

    Raises Trouble where a claim does not pass, and where `out` cannot be written.
    """
    if out is not None:
        form_of(out)
    with service(url) as client:
        experiment = client.try_figure(figure_id, scale)
        if not watch and out is None:
            told = json.dumps({"experiment": experiment.id}) if as_json else experiment.id
            sys.stdout.write(told + "\n")
            return
        end = client.wait(experiment.id, progress=True)
        _draw(client, figure_id, experiment.id, out, as_json)
        _print_verdict(client, figure_id, experiment.id, scale, as_json)
        finish(end)


def run_verdict(figure_id: str, experiment_id: str, out: Path | None, as_json: bool, url: str | None) -> None:
    """Draws the panels of an experiment into `out` and prints the verdict. Raises Trouble as `run_figure`."""
    if out is not None:
        form_of(out)
    with service(url) as client:
        _draw(client, figure_id, experiment_id, out, as_json)
        _print_verdict(client, figure_id, experiment_id, None, as_json)


def _draw(client: Client, figure_id: str, experiment_id: str, out: Path | None, as_json: bool) -> None:
    if out is None:
        return
    write_picture(client, experiment_id, out, {"kind": "figure", "figure": figure_id})
    if not as_json:
        sys.stdout.write(f"{out}\n")


def _print_verdict(
    client: Client, figure_id: str, experiment_id: str, scale: str | None, as_json: bool
) -> None:
    verdict = client.verdict(figure_id, experiment_id, scale)
    if as_json:
        sys.stdout.write(json.dumps(verdict, indent=2) + "\n")
    else:
        sys.stdout.write(f"figure {figure_id}, {verdict['scale']}, {experiment_id}\n")
        write_table(_rows(verdict["claims"]))
    if failed := [claim["id"] for claim in verdict["claims"] if not claim["passed"]]:
        total = len(verdict["claims"])
        raise Trouble(f"{len(failed)} of {total} claims do not pass: {', '.join(dict.fromkeys(failed))}")


def _rows(claims: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for claim in claims:
        yield {
            "claim": claim["id"],
            "what": claim["claim"],
            "expected": claim["expected"],
            "measured": claim["measured"],
            "verdict": "pass" if claim["passed"] else f"FAIL {claim['note'] or ''}".rstrip(),
        }
