"""What submitting a spec would do: cells, batches, cost, predictions and warnings."""

from collections.abc import Sequence

from api.predictions import predict, prediction_warnings
from api.schemas import Cost, DryRun, PlannedBatch
from api.submission import Checked
from core.spec import Cell, batch_seconds, canonical, digest, has_test, spec_warnings

MAX_BATCHES_SHOWN = 100


def look_ahead(checked: Checked, gpu_works: bool, warnings: Sequence[str] = ()) -> DryRun:
    """The dry run of a checked spec, with `warnings` of others before its own.

    `gpu_works` tells whether a worker of the queue gpu is alive.
    """
    predicted, spec = predict(checked.cells), canonical(checked.spec)
    return DryRun(
        spec=spec,
        digest=digest(checked.spec),
        cells=len(checked.cells),
        reused=len(checked.cells) - len(checked.fresh),
        batches=[
            PlannedBatch(runs=len(batch.members), bytes=batch.bytes)
            for batch in checked.batches[:MAX_BATCHES_SHOWN]
        ],
        batch_count=len(checked.batches),
        cost=_cost(checked),
        predicted=predicted,
        warnings=[
            *warnings,
            *spec_warnings(spec),
            *prediction_warnings(checked.cells, predicted),
            *_test_warnings(checked.cells),
            *_device_warnings(checked.fresh, gpu_works),
        ],
    )


def _cost(checked: Checked) -> Cost:
    fresh = [cell.spec for cell in checked.fresh]
    return Cost(
        run_steps=sum(spec.steps for spec in fresh),
        seconds=sum(batch_seconds([fresh[at] for at in batch.members]) for batch in checked.batches),
        bytes=max((batch.bytes for batch in checked.batches), default=0),
    )


def _test_warnings(cells: Sequence[Cell]) -> list[str]:
    untested = [cell for cell in cells if not has_test(cell.spec)]
    if not untested:
        return []
    runs = "1 run has" if len(untested) == 1 else f"{len(untested)} runs have"
    return [f"{runs} nothing to test on, and so no t2 (the first is cell {untested[0].index})"]


def _device_warnings(fresh: Sequence[Cell], gpu_works: bool) -> list[str]:
    waiting = [cell for cell in fresh if cell.spec.device.startswith("cuda")]
    if gpu_works or not waiting:
        return []
    asked = "1 run asks" if len(waiting) == 1 else f"{len(waiting)} runs ask"
    return [f"{asked} for cuda while no worker of the queue gpu is alive, and would wait for one"]
