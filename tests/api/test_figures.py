"""Figures over HTTP: listed, looked at, tried out and judged."""

from collections.abc import Iterator

import pytest
from httpx import Client

from core.figures import FIGURES
from core.spec import canonical, parse_spec
from tests.api.networks import get, train_all
from tests.api.played import Json, PlayedWorker, spec, submit
from tests.api.served import Service, service_in

KEY = {"Idempotency-Key": "key 1"}
CHEAP = ("7", "16", "19")
"""Smoke scales that train within a second."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose worker trains what a test asks for."""
    with service_in(tmp_path_factory.mktemp("figures")) as service:
        yield service


def tried(service: Service, id: str, scale: str = "smoke") -> Json:
    """The figure's experiment, trained."""
    made = post(service.client, id, scale)
    train_all(service)
    found = get(service.client, f"/v1/experiments/{made['id']}")
    assert found["state"] == "succeeded"
    return found


def post(client: Client, id: str, scale: str, **headers: str) -> Json:
    """The figure's experiment."""
    answer = client.post(f"/v1/figures/{id}/experiments", params={"scale": scale}, json={}, headers=headers)
    assert answer.status_code == 202, answer.text
    made: Json = answer.json()
    return made


def judged(client: Client, id: str, experiment: Json, **query: str) -> Json:
    """The verdict on an experiment."""
    return get(client, f"/v1/figures/{id}/verdict", experiment=experiment["id"], **query)


def test_figures_are_listed_by_number_page_by_page(shared_client: Client) -> None:
    path, found = "/v1/figures?limit=10", []
    while path:
        answer = shared_client.get(path)
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        path = f"/v1/figures?limit=10&cursor={cursor}" if cursor else ""
        assert ("Link" in answer.headers) == bool(cursor)
    assert [one["id"] for one in found] == [figure.id for figure in FIGURES]
    assert found[2]["claims"] == ["C2", "C4", "C5"]
    assert shared_client.get(found[2]["links"]["self"]).json()["id"] == "3"
    assert shared_client.get("/v1/figures?cursor=x").status_code == 422


def test_a_figure_has_panels_claims_and_specs(shared_client: Client) -> None:
    answer = shared_client.get("/v1/figures/3")
    found = answer.json()
    assert (found["id"], [panel["kind"] for panel in found["panels"]]) == (
        "3",
        ["curves", "curves", "components"],
    )
    first = found["claims"][0]
    assert (first["id"], first["scale"], first["expected"], first["low"], first["high"]) == (
        "C2",
        "smoke",
        "60",
        60,
        60,
    )
    for scale in ("smoke", "paper"):
        assert canonical(parse_spec(found["spec"][scale]))["tags"] == ["figure:3", f"scale:{scale}"]
        dry = shared_client.post("/v1/experiments?dry_run=true", json=found["spec"][scale])
        assert dry.status_code == 200, dry.text
    again = shared_client.get("/v1/figures/3", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_every_figure_can_be_looked_at(shared_client: Client) -> None:
    for figure in FIGURES:
        assert shared_client.get(f"/v1/figures/{figure.id}").status_code == 200, figure.id


@pytest.mark.parametrize("id", ["0", "35", "x", "03"])
def test_another_figure_there_is_not(shared_client: Client, id: str) -> None:
    for answer in (
        shared_client.get(f"/v1/figures/{id}"),
        shared_client.post(f"/v1/figures/{id}/experiments"),
        shared_client.get(f"/v1/figures/{id}/verdict", params={"experiment": "exp_1"}),
    ):
        assert answer.status_code == 404, answer.text
        assert "there are 1, 2, 3" in answer.json()["detail"]


def test_bad_questions_are_refused(shared_client: Client) -> None:
    assert shared_client.get("/v1/figures/3/verdict").status_code == 422
    assert shared_client.get("/v1/figures/3/verdict?experiment=exp_1").status_code == 404
    assert shared_client.get("/v1/figures/3/verdict?experiment=exp_1&scale=large").status_code == 422
    assert shared_client.post("/v1/figures/3/experiments?scale=large").status_code == 422
    assert shared_client.post("/v1/figures/3/experiments?size=smoke").status_code == 422
    refused = shared_client.post("/v1/figures/3/experiments", json={"steps": 5})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/steps")
    assert shared_client.post("/v1/figures/3/experiments", content="{").status_code in (400, 415)


def test_an_experiment_remembers_its_figure_and_its_key(client: Client) -> None:
    first = client.post("/v1/figures/7/experiments", headers=KEY)
    assert (first.status_code, first.headers["Retry-After"]) == (202, "1")
    made = first.json()
    assert first.headers["Location"] == made["links"]["self"]
    assert (made["name"], made["tags"]) == ("figure 7, smoke", ["figure:7", "scale:smoke"])
    assert client.post("/v1/figures/7/experiments?scale=smoke", headers=KEY).content == first.content
    assert client.post("/v1/figures/7/experiments?scale=paper", headers=KEY).status_code == 422
    assert client.post("/v1/figures/16/experiments", headers=KEY).status_code == 422
    assert [one["id"] for one in get(client, "/v1/experiments", tag="figure:7")["items"]] == [made["id"]]


def test_what_has_not_ended_has_no_numbers(client: Client, worker: PlayedWorker) -> None:
    made = post(client, "3", "smoke")
    verdict = judged(client, "3", made)
    assert (verdict["scale"], verdict["passed"]) == ("smoke", False)
    assert {claim["measured"] for claim in verdict["claims"]} == {None}
    assert verdict["claims"][0]["note"] == "2 of 2 runs have not succeeded"
    # A run without what it should have recorded has none either, and nothing breaks.
    worker.finish_everything()
    verdict = judged(client, "3", made)
    assert not verdict["passed"]
    assert [claim["measured"] for claim in verdict["claims"] if claim["id"] == "C5"] == [None, None]


def test_another_experiment_fails_every_claim(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, spec())
    worker.finish_everything()
    for id in ("1", "3", "4", "8", "20"):
        verdict = judged(client, id, made)
        assert not any(claim["passed"] for claim in verdict["claims"]), id


@pytest.mark.parametrize("id", CHEAP)
def test_the_smoke_scale_passes_its_verdict(trained: Service, id: str) -> None:
    made = tried(trained, id)
    answer = trained.client.get(f"/v1/figures/{id}/verdict", params={"experiment": made["id"]})
    verdict = answer.json()
    assert verdict["passed"], [claim for claim in verdict["claims"] if not claim["passed"]]
    for claim in verdict["claims"]:
        assert claim["passed"] == (claim["measured"] is not None)
        assert claim["runs"]
        assert claim["note"] is None
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert trained.client.get(answer.url, headers=etag).status_code == 304
    named = {"experiment": made["id"], "scale": "smoke"}
    assert trained.client.get(f"/v1/figures/{id}/verdict", params=named).json() == verdict


def test_a_weaker_penalty_fails_with_its_own_numbers(trained: Service) -> None:
    asked = get(trained.client, "/v1/figures/7")["spec"]["smoke"]
    asked["regularization"] = {"l2_squared": 5e-6}
    made = submit(trained.client, asked)
    train_all(trained)
    claims = judged(trained.client, "7", made)["claims"]
    assert not any(claim["passed"] for claim in claims)
    folding = next(claim for claim in claims if "e-folding" in claim["claim"])
    assert folding["measured"] == pytest.approx(2e6, rel=0.01)
    assert "/regularization/l2_squared" in folding["note"]


def test_a_smaller_grid_misses_runs(trained: Service) -> None:
    asked = get(trained.client, "/v1/figures/7")["spec"]["smoke"]
    asked["sweep"]["axes"][0]["values"] = [30]
    made = submit(trained.client, asked)
    train_all(trained)
    *published, bound = judged(trained.client, "7", made)["claims"]
    assert all(claim["passed"] for claim in published)
    assert (bound["measured"], bound["passed"]) == (None, False)
    assert bound["note"] == "12 of 15 runs are not in the experiment"


def test_without_tags_the_scale_with_more_of_the_cells_is_judged(trained: Service) -> None:
    asked = get(trained.client, "/v1/figures/19")["spec"]["smoke"]
    made = submit(trained.client, {**asked, "tags": []})
    train_all(trained)
    verdict = judged(trained.client, "19", made)
    assert (verdict["scale"], verdict["passed"]) == ("smoke", True)
    assert not judged(trained.client, "19", made, scale="paper")["passed"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("id", [figure.id for figure in FIGURES if figure.id not in CHEAP])
def test_every_smoke_scale_passes_its_verdict(trained: Service, id: str) -> None:
    verdict = judged(trained.client, id, tried(trained, id))
    assert verdict["passed"], [claim for claim in verdict["claims"] if not claim["passed"]]


def test_the_examples_of_the_document_are_answered(client: Client) -> None:
    made = post(client, "3", "smoke")
    paths = get(client, "/openapi.json")["paths"]
    asked = [
        (path, method, one) for path in paths if "/figures" in path for method, one in paths[path].items()
    ]
    assert len(asked) == 4
    for path, method, operation in asked:
        given = {
            parameter["name"]: parameter["schema"]["examples"][0]
            for parameter in operation.get("parameters", [])
            if "examples" in parameter["schema"]
        }
        named = path.format(**given)
        query = {name: value for name, value in given.items() if f"{{{name}}}" not in path}
        if "experiment" in query:
            query["experiment"] = made["id"]
        answer = client.request(method, named, params=query)
        assert str(answer.status_code) in operation["responses"], path
        assert answer.is_success, answer.text
