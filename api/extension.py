"""From a request for more steps to what the store is to do: who gets them, and in which batches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from api.errors import Conflict, Fault, InvalidRequest
from api.run_cell import cells_with_steps
from api.strict_json import parse
from api.submission import too_large
from core.spec import (
    Cell,
    ExperimentSpec,
    Extension,
    Going,
    SpecInvalid,
    broken_rules,
    canonical,
    digest,
    ends_by,
    engine_of,
    is_short,
    lengthened,
    parse_extension,
    plan,
)
from core.store import LongerRun, LongerSpec, Run, find_reusable


@dataclass(frozen=True, slots=True)
class _Pair:
    """A run, and what it becomes."""

    run: Run
    going: Going

    @property
    def key(self) -> str:
        """The batch of the longer run: that of the run, told apart by the steps."""
        return f"{re.sub('>[0-9]+', '', self.run.batch_key)}>{self.going.cell.spec.steps}"


def read_extension(body: bytes) -> Extension:
    """What the body asks for. Raises MalformedBody or InvalidRequest."""
    try:
        # Nothing at all is told what is missing, as an empty object is.
        return parse_extension(parse(body or b"{}"))
    except SpecInvalid as error:
        raise InvalidRequest.of(error) from None


def plan_extension(
    conn: Connection, spec: ExperimentSpec, chosen: Sequence[Run], asked: Extension, memory_bytes: int
) -> tuple[list[LongerRun], LongerSpec]:
    """What to store for runs of an experiment with this spec, which have all ended.

    Raises Conflict where none of them can go on, and InvalidRequest where the steps are none to go on to.
    """
    if spec.sweep is not None and any("/steps" in axis.swept for axis in spec.sweep.axes):
        raise Conflict("the experiment sweeps /steps: submit one with other values, runs are reused")
    pairs = _going(spec, chosen, asked)
    batches = [list(group) for _, group in groupby(sorted(pairs, key=_place), attrgetter("key"))]
    short = {pair.run.id for batch in batches if _is_short(batch, memory_bytes) for pair in batch}
    reuse = spec.reuse if asked.reuse is None else asked.reuse
    sources = find_reusable(conn, [pair.going.cell.digest for pair in pairs]) if reuse else {}
    longer = spec.model_copy(update={"steps": asked.steps})
    whole = LongerSpec(asked.steps, canonical(longer), digest(longer))
    return [_longer(pair, pair.run.id in short, sources.get(pair.going.cell.digest)) for pair in pairs], whole


def _going(spec: ExperimentSpec, chosen: Sequence[Run], asked: Extension) -> list[_Pair]:
    """The runs that go on. Raises Conflict without any, InvalidRequest where one has the steps already."""
    candidates = [run for run in chosen if run.state == "succeeded"]
    if asked.censored_only:
        candidates = [run for run in candidates if run.t2 is None]
    open_ended = [run for run in candidates if run.outcome != "diverged" and run.step == run.steps]
    if open_ended and (most := max(run.steps for run in open_ended)) >= asked.steps:
        fault = Fault("/steps", f"more than {most}, the steps that there are already", asked.steps)
        raise InvalidRequest(f"{fault.pointer}: must be {fault.message}. Got {asked.steps} instead.", [fault])
    pairs = [pair for pair in _pairs(spec, open_ended, asked.steps) if _goes_further(pair)]
    if not pairs:
        raise Conflict(f"nothing to continue: {_why(chosen, candidates, asked)}")
    return pairs


def _pairs(spec: ExperimentSpec, runs: Sequence[Run], steps: int) -> list[_Pair]:
    found: list[_Pair] = []
    for before, group in groupby(sorted(runs, key=attrgetter("steps")), attrgetter("steps")):
        equal = list(group)
        cells = cells_with_steps(spec, before, equal)
        _check_rules(cells, steps)
        found += [_Pair(run, lengthened(cell, steps)) for run, cell in zip(equal, cells, strict=True)]
    return sorted(found, key=lambda pair: pair.run.cell)


def _goes_further(pair: _Pair) -> bool:
    """Whether the longer run takes a step more: an exact minimiser does not, nor who ends by a rule."""
    run, spec = pair.run, pair.going.cell.spec
    t2 = None if pair.going.unseen and run.t2 == run.step else run.t2
    return engine_of(spec) != "convex" and not ends_by(spec, run.step, t2, run.diverged_at)


def _why(chosen: Sequence[Run], candidates: Sequence[Run], asked: Extension) -> str:
    if not any(run.state == "succeeded" for run in chosen):
        states = ", ".join(sorted({run.state for run in chosen}))
        return f"runs that have succeeded can be extended; there are only {states} ones"
    if not candidates:
        return "t2 was seen in every run" if len(chosen) > 1 else "t2 was seen"
    diverged = sum(run.outcome == "diverged" for run in candidates)
    if diverged == len(candidates):
        return "the run has diverged" if diverged == 1 else f"all {diverged} runs have diverged"
    ended = len(candidates) - diverged
    told = "the run" if len(candidates) == 1 else f"{ended} runs"
    more = f", {diverged} diverged" if diverged else ""
    return f"{told} ended by a rule of the spec, more steps would change nothing{more}"


def _check_rules(cells: Sequence[Cell], steps: int) -> None:
    """Raises InvalidRequest where a longer run breaks a rule of specs, such as a record without bounds."""
    for cell in cells:
        if errors := broken_rules(cell.spec.model_copy(update={"steps": steps})):
            first = errors[0]
            message = f"fewer; {first.pointer}: {first.message} (cell {cell.index})"
            raise InvalidRequest(f"/steps: {message}", [Fault("/steps", message, steps)])


def _place(pair: _Pair) -> tuple[str, int]:
    return pair.key, pair.run.cell


def _is_short(batch: Sequence[_Pair], memory_bytes: int) -> bool:
    """Whether the longer runs of a batch make a short one. Raises InvalidRequest where they do not fit."""
    cells = [pair.going.cell for pair in batch]
    parts = plan(cells)
    for part in parts:
        if part.bytes > memory_bytes:
            message = f"fewer; {too_large(part, memory_bytes)}"
            raise InvalidRequest(
                f"/steps: {message}", [Fault("/steps", message, batch[0].going.cell.spec.steps)]
            )
    return is_short([cell.spec for cell in cells], sum(part.bytes for part in parts))


def _longer(pair: _Pair, short: bool, source: str | None) -> LongerRun:
    run, going = pair.run, pair.going
    return LongerRun(
        run_id=run.id,
        before=run.steps,
        steps=going.cell.spec.steps,
        digest=going.cell.digest,
        batch_key=pair.key,
        short=short,
        goes_on=going.goes_on,
        scalars=going.scalars,
        rows=going.rows,
        unseen=going.unseen,
        source_run=source,
    )
