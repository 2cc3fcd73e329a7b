"""From the body of a POST to the rows to store: checks, cells, reuse, batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.errors import InvalidSpec
from api.strict_json import parse
from api.waker import Wakes, queue_of, wakes_for
from core.problems import check_stability
from core.spec import (
    Batch,
    Cell,
    ExperimentSpec,
    SpecError,
    SpecInvalid,
    canonical,
    digest,
    expand,
    is_short,
    named_datasets,
    parse_spec,
    plan,
)
from core.spec.dataset import Dataset
from core.store import (
    Database,
    DatasetCache,
    NewExperiment,
    NewRun,
    NoSuchDataset,
    find_reusable,
    insert_experiment,
    new_id,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """An experiment that may be trained.

    Attributes:
        sources: the run that has succeeded before, by digest, for the cells that are taken over.
        fresh: the cells that are trained, in cell order.
        batches: how; their members are positions in `fresh`.
    """

    spec: ExperimentSpec
    cells: Sequence[Cell]
    sources: Mapping[str, str]
    fresh: Sequence[Cell]
    batches: Sequence[Batch]

    @property
    def steps(self) -> int:
        """Steps that are trained, of all cells."""
        return sum(cell.spec.steps for cell in self.fresh)


@dataclass(frozen=True, slots=True)
class Submission:
    """An experiment that may be stored, and the wakes its batches need."""

    experiment: NewExperiment
    wakes: Wakes


def check(body: bytes, db: Database, datasets: DatasetCache, memory_bytes: int) -> Checked:
    """Checks the spec in `body` and plans its batches; nothing is stored. Raises InvalidSpec."""
    data = parse(body)
    uploads = datasets.uploads(db, named_datasets(data), deleted=False)
    try:
        spec = parse_spec(data, uploads)
        cells = expand(spec)
        check_stability(spec, cells)
        sources = _sources(db, spec, cells)
        fresh = [cell for cell in cells if cell.digest not in sources]
        batches = plan(fresh)
        _check_memory(fresh, batches, memory_bytes)
    except SpecInvalid as error:
        raise InvalidSpec.of(error) from None
    return Checked(spec, cells, sources, fresh, batches)


def assemble(checked: Checked, owner: str | None = None) -> Submission:
    """The rows to store, for the token with the id `owner`, and the wakes to send."""
    spec, sources, batches = checked.spec, checked.sources, _batch_numbers(checked)
    short = _short_cells(checked)
    experiment_id = new_id("exp_")
    runs = [
        NewRun(
            id=new_id("run_"),
            cell=cell.index,
            seed=cell.seed,
            axes=cell.axes,
            digest=cell.digest,
            steps=cell.spec.steps,
            device=cell.spec.device,
            queue=queue_of(cell.spec.device),
            # Should its source vanish before the commit, a reused run trains in a batch of its own.
            batch_key=f"{experiment_id}:{batches.get(cell.index, f'reused {cell.index}')}",
            source_run=sources.get(cell.digest),
            short=cell.index in short,
        )
        for cell in checked.cells
    ]
    experiment = NewExperiment(
        id=experiment_id,
        name=spec.name,
        tags=spec.tags,
        problem=spec.problem.kind,
        spec=canonical(spec),
        digest=digest(spec),
        runs=runs,
        owner=owner,
        datasets={
            cell.spec.problem.dataset
            for cell in checked.cells
            if isinstance(cell.spec.problem, Dataset) and cell.spec.problem.dataset is not None
        },
    )
    devices = {run.batch_key: run.device for run in runs if run.source_run is None}
    return Submission(experiment, wakes_for(devices.values()))


def store(conn: Connection, submission: Submission) -> None:
    """Stores the experiment. Raises InvalidSpec where a dataset has gone since it was checked."""
    try:
        insert_experiment(conn, submission.experiment)
    except NoSuchDataset as error:
        raise InvalidSpec.of(SpecInvalid([SpecError("/problem/dataset", str(error))])) from None


def _sources(db: Database, spec: ExperimentSpec, cells: list[Cell]) -> dict[str, str]:
    if not spec.reuse:
        return {}
    with db.read() as conn:
        return find_reusable(conn, [cell.digest for cell in cells])


def _check_memory(cells: Sequence[Cell], batches: Sequence[Batch], memory_bytes: int) -> None:
    """Raises SpecInvalid where a batch does not fit in memory."""
    for batch in batches:
        if batch.bytes > memory_bytes:
            first = cells[batch.members[0]]
            message = too_large(batch, memory_bytes)
            raise SpecInvalid([SpecError("/problem", message, first.spec.problem.model_dump())])


def too_large(batch: Batch, memory_bytes: int) -> str:
    """What is allowed where a batch does not fit in memory."""
    return f"training needs at most {memory_bytes} bytes at once; this asks for about {batch.bytes}"


def _batch_numbers(checked: Checked) -> dict[int, int]:
    """The number of every trained cell's batch, by its index."""
    return {
        checked.fresh[position].index: number
        for number, batch in enumerate(checked.batches)
        for position in batch.members
    }


def _short_cells(checked: Checked) -> set[int]:
    """The indexes of the cells whose batches are short."""
    fresh = checked.fresh
    return {
        fresh[position].index
        for batch in checked.batches
        if is_short([fresh[position].spec for position in batch.members], batch.bytes)
        for position in batch.members
    }
