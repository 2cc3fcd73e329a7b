"""What users do with runs that have ended, by real processes: the same bits as undisturbed."""

import json

from tests.faults import oracle
from tests.faults.lab import Lab


def test_cancelled_runs_go_on_from_their_kept_state_to_the_same_bits(shared: Lab) -> None:
    shared.worker()
    spec = {"steps": 300_000, "sweep": {"seeds": {"count": 3}}}
    experiment = shared.submit(**spec)
    shared.midway(experiment, 150_000)
    shared.post(f"/v1/experiments/{experiment}/cancel")
    assert {run["state"] for run in shared.finish(experiment)} == {"cancelled"}
    shared.post(f"/v1/experiments/{experiment}/retry")
    shared.finish(experiment)
    calm = shared.submit(**spec)
    shared.finish(calm)
    oracle.check(shared.database, [experiment, calm])
    oracle.same(shared.database, experiment, calm)


def test_an_extended_sweep_is_one_that_was_trained_at_once(shared: Lab) -> None:
    shared.worker()
    spec = {"sweep": {"seeds": {"count": 3}}}
    experiment = shared.submit(**spec, steps=2_001)
    shared.finish(experiment)
    told = json.loads(
        shared.run("extend", experiment, "--steps", "300000", "--json", "--url", shared.url).stdout
    )
    assert (told["id"], told["counts"]["queued"]) == (experiment, 3)
    shared.midway(experiment, 5_000)
    shared.worker()
    shared.finish(experiment)
    calm = shared.submit(**spec, steps=300_000)
    shared.finish(calm)
    oracle.check(shared.database, [experiment, calm])
    oracle.same(shared.database, experiment, calm)
