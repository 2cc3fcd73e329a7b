"""`python -m bench.reproduction [figure ...]`: the figures of the paper, by a real service."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from api.client import Client
from bench.document import replace_table
from bench.machine import look_at_machine
from bench.reproduced import Tried, write_page
from bench.served import api, state_folder, worker

PUBLISHED = ("3", "4", "5", "6", "7", "9", "17", "25")
"""Figures that are tried at the published scale if none is named; the others are at the scale of a minute."""
_PROCESSES = 2


def main() -> int:
    """Tries figures one after the other; 1 where a claim does not pass."""
    parser = argparse.ArgumentParser(prog="python -m bench.reproduction", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="figure", help="by number; all by default")
    parser.add_argument("--scale", choices=("smoke", "paper"), help="by default that of docs/reproduction.md")
    page = "the page between whose marks verdicts and pictures are put; pictures lie in a folder of its name"
    parser.add_argument("--write", type=Path, metavar="FILE", help=page)
    asked = parser.parse_args()
    if asked.write:
        # A page without marks is found out before the long run, not after it.
        replace_table(asked.write.read_text(encoding="utf-8"), "")
    machine = look_at_machine().text()
    with _service() as client:
        tried = []
        for one in _try(client, asked.figures, asked.scale):
            tried.append(one)
            print(_line(one), flush=True)
            if asked.write:
                # Each time anew, so that what took hours is not lost with what came after it.
                write_page(asked.write, machine, _PROCESSES, tried)
    return 0 if all(one.passed for one in tried) else 1


@contextmanager
def _service() -> Iterator[Client]:
    with ExitStack() as stack:
        environment = stack.enter_context(state_folder())
        url, _ = stack.enter_context(api(environment))
        stack.enter_context(worker(environment, _PROCESSES))
        yield stack.enter_context(Client(url))


def _try(client: Client, figures: Sequence[str], scale: str | None) -> Iterator[Tried]:
    titles = {figure["id"]: figure["title"] for figure in client.figures()}
    if unknown := set(figures) - set(titles):
        raise SystemExit(f"no figure {min(unknown)!r}; there are {', '.join(titles)}")
    for number in figures or titles:
        chosen = scale or ("paper" if number in PUBLISHED else "smoke")
        begin = time.monotonic()
        experiment = client.try_figure(number, chosen)
        end = client.wait(experiment.id)
        yield Tried(
            number,
            titles[number],
            chosen,
            sum(end.counts.values()),
            time.monotonic() - begin,
            client.verdict(number, experiment.id, chosen),
            experiment.plot("png", kind="figure"),
        )


def _line(one: Tried) -> str:
    failed = [claim["claim"] for claim in one.claims if not claim["passed"]]
    said = "; ".join([f"{one.share} claims pass", *failed])
    return f"figure {one.id}, {one.scale}: {one.runs} runs in {one.seconds:.0f} s, {said}"


if __name__ == "__main__":
    sys.exit(main())
