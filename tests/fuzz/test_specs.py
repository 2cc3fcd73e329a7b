"""Random specs over HTTP: what is right trains, what is wrong is refused at its field, nothing breaks."""

import json
from collections.abc import Iterator

import pytest
from httpx import Client, Response
from hypothesis import HealthCheck, given, settings

from core.spec import Outcome
from tests.api.networks import train_all
from tests.api.served import Service, service_in
from tests.core.spec.drawn_linear import linear_specs
from tests.core.spec.drawn_networks import network_specs
from tests.fuzz.mutations import Json, Mutation, mutations, names

ANY = linear_specs() | network_specs()
QUICK, LONG = {"valid": 200, "mutated": 500}, {"valid": 2_000, "mutated": 5_000}
ALWAYS: Json = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
BOTH = pytest.mark.parametrize(
    "counts", [QUICK, pytest.param(LONG, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])], ids=str
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service_in(tmp_path_factory.mktemp("fuzz")) as service:
        yield service


def post(client: Client, spec: Json, *, dry_run: bool = False) -> Response:
    """The answer to a body whose texts may be no Unicode that a client would send."""
    path = "/v1/experiments" + ("?dry_run=true" if dry_run else "")
    return client.post(path, content=json.dumps(spec), headers={"Content-Type": "application/json"})


def refused(answer: Response) -> list[Json]:
    """The errors of a refusal, each of which points somewhere, says what is allowed and shows the value."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    errors: list[Json] = answer.json()["errors"]
    assert errors
    assert all(error["message"] and "value" in error for error in errors)
    return errors


@BOTH
def test_what_is_accepted_trains(small: Service, counts: dict[str, int]) -> None:
    accepted: list[str] = []

    @settings(max_examples=counts["valid"], derandomize=counts is QUICK, **ALWAYS)
    @given(ANY)
    def submit(spec: Json) -> None:
        planned, answer = post(small.client, spec, dry_run=True), post(small.client, spec)
        assert (planned.status_code == 200) == (answer.status_code == 202), (planned.text, answer.text)
        if answer.status_code == 202:
            accepted.append(answer.json()["id"])
        else:
            assert all(error["pointer"].startswith("/") for error in refused(answer))

    submit()
    train_all(small)
    assert len(accepted) > counts["valid"] / 5
    for experiment in accepted:
        (run,) = small.client.get(f"/v1/experiments/{experiment}/runs").json()["items"]
        waits_for_card = run["state"] == "queued" and run["step"] == 0
        assert run["state"] == "succeeded" or waits_for_card, run
        if run["state"] == "succeeded":
            assert run["outcome"] in set(Outcome), run
            analysis = small.client.get(f"/v1/runs/{run['id']}/analysis")
            assert analysis.status_code == 200, analysis.text


@BOTH
def test_what_is_made_wrong_is_refused_at_its_field(small: Service, counts: dict[str, int]) -> None:
    tally = {"accepted": 0, "refused": 0}
    right = ANY.filter(lambda spec: post(small.client, spec, dry_run=True).status_code == 200)

    @settings(max_examples=counts["mutated"], derandomize=counts is QUICK, **ALWAYS)
    @given(mutations(right))
    def submit(wrong: Mutation) -> None:
        answer = post(small.client, wrong.spec)
        if answer.status_code == 202:
            tally["accepted"] += 1
            experiment = answer.json()["id"]
            assert small.client.delete(f"/v1/experiments/{experiment}?force=true").status_code == 200
            return
        tally["refused"] += 1
        errors = refused(answer)
        assert any(names(error["pointer"], wrong) for error in errors), (wrong, errors)

    submit()
    assert tally["refused"] > counts["mutated"] / 2
    assert small.client.get("/v1/experiments?state=queued&limit=1").status_code == 200
