"""What a webhook is told: the body of one delivery."""

from typing import Any

from api.answers import dumps
from core.store import Experiment, Notice, Run


def body_of(delivery_id: str, webhook_id: str, notice: Notice) -> bytes:
    """The JSON text of a delivery, the same at every attempt."""
    run = notice.run
    return dumps(
        {
            "id": delivery_id,
            "webhook": webhook_id,
            "event": notice.event,
            "at": notice.at,
            "seq": notice.seq,
            "experiment": _experiment(notice.experiment),
            "run": None if run is None else _run(run, notice.step),
        }
    )


def _experiment(experiment: Experiment) -> dict[str, Any]:
    return {
        "id": experiment.id,
        "name": experiment.name,
        "tags": experiment.tags,
        "state": experiment.state,
        "counts": experiment.counts,
        "link": f"/v1/experiments/{experiment.id}",
    }


def _run(run: Run, step: int | None) -> dict[str, Any]:
    told = ("id", "cell", "seed", "axes", "state", "outcome", "cause", "message", "t1", "delay")
    return {
        **{name: getattr(run, name) for name in told},
        # The run may have started over since; what is told of is what happened then.
        "t2": step if step is not None else run.t2,
        "link": f"/v1/runs/{run.id}",
    }
