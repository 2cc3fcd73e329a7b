"""Figures as pictures over HTTP: all panels on one sheet, with their numbers, headers and refusals."""

from xml.etree import ElementTree

import pytest
from httpx import Client

from tests.api.networks import get
from tests.api.played import Json, PlayedWorker, run_ids, spec, submit, sweep


def tried(client: Client, worker: PlayedWorker, id: str) -> Json:
    """The figure's experiment, ended without training."""
    made: Json = client.post(f"/v1/figures/{id}/experiments").json()
    worker.finish_everything()
    return made


def panels(client: Client, experiment: Json, **query: str) -> list[Json]:
    """The numbers of its picture."""
    found: list[Json] = get(client, f"/v1/experiments/{experiment['id']}/plot.json", **query)["panels"]
    return found


def test_an_experiment_of_a_figure_shows_the_figure(client: Client, worker: PlayedWorker) -> None:
    pytest.importorskip("matplotlib")
    made = tried(client, worker, "3")
    path = f"/v1/experiments/{made['id']}/plot"
    shown = get(client, f"{path}.json")
    assert shown == get(client, f"{path}.json", kind="figure")
    assert shown["kind"] == "figure"
    assert shown["title"].startswith("Figure 3: ")
    assert [(panel["kind"], panel["t2"]) for panel in shown["panels"]] == [
        ("curves", 60),
        ("curves", 60),
        ("vectors", 60),
    ]
    assert shown["panels"][0]["lines"][0]["values"][:2] == [1, 0.5]
    assert shown["panels"][0]["levels"] == [1e-3, 1e-3]
    # The played worker records neither ratios nor parameters.
    assert (shown["panels"][1]["lines"][0]["steps"], shown["panels"][2]["rows"]) == ([], [])
    svg = client.get(f"{path}.svg")
    ElementTree.fromstring(svg.content)
    assert svg.text.count("nothing recorded yet") == 2
    assert client.get(f"{path}.png").content[:4] == b"\x89PNG"


def test_runs_that_share_a_panel_are_told_apart(client: Client, worker: PlayedWorker) -> None:
    made = tried(client, worker, "12")
    assert {panel["kind"] for panel in panels(client, made)} == {"matrix"}
    # Other figures have the same runs.
    times = panels(client, made, figure="13")
    assert [(panel["kind"], panel["y"], panel["log"]) for panel in times] == [
        ("scaling", "t1", ["y"]),
        ("scaling", "t2", ["y"]),
    ]
    assert set(times[0]["colours"]) == {"subgradient", "projected_subgradient", "proximal"}
    assert panels(client, made, kind="figure", figure="13") == times
    (curves,) = panels(client, made, kind="curves")
    assert curves["kind"] == "sweep"
    # Whoever asks for something else does not mean the figure.
    assert [panel["value"] for panel in panels(client, made, value="t1")] == ["t1"]


def test_paths_are_read_at_the_same_steps(client: Client, worker: PlayedWorker) -> None:
    made = client.post("/v1/figures/24/experiments").json()
    for claimed in worker.claim().runs:
        worker.write(claimed, range(4), support_norm=[0, 1, 2, 3], off_support_norm=[0, 2, 2, 0])
        worker.finish(claimed, t1=1, t2=3)
    worker.finish_everything()
    (panel,) = panels(client, made)
    assert (panel["kind"], panel["x"], panel["y"]) == ("trajectory", "support_norm", "off_support_norm")
    assert len(panel["groups"]) == 10
    path = panel["groups"][0]["paths"][0]
    assert (path["steps"], path["xs"], path["ys"], path["t1"], path["t2"]) == (
        [0, 1, 2, 3],
        [0, 1, 2, 3],
        [0, 2, 2, 0],
        1,
        3,
    )
    assert path["target"] == pytest.approx([0.1570837, 0], abs=1e-6)


def test_head_and_if_none_match_answer_as_get_does(client: Client, worker: PlayedWorker) -> None:
    pytest.importorskip("matplotlib")
    made = tried(client, worker, "16")
    run = run_ids(client, made)[0]
    for path in (f"/v1/experiments/{made['id']}/plot", f"/v1/runs/{run}/plot"):
        for form in ("svg", "json"):
            got, head = client.get(f"{path}.{form}"), client.head(f"{path}.{form}")
            assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
            own = {"x-request-id", "date"}
            assert {k: v for k, v in got.headers.items() if k not in own} == {
                k: v for k, v in head.headers.items() if k not in own
            }
            known = {"If-None-Match": got.headers["ETag"]}
            for method in ("GET", "HEAD"):
                again = client.request(method, f"{path}.{form}", headers=known)
                assert (again.status_code, again.content) == (304, b"")
                assert again.headers["ETag"] == got.headers["ETag"]
            assert client.get(f"{path}.{form}").content == got.content


def test_a_picture_changes_with_its_runs(client: Client, worker: PlayedWorker) -> None:
    made = client.post("/v1/figures/7/experiments").json()
    path = f"/v1/experiments/{made['id']}/plot.json"
    waiting = client.get(path)
    assert "not over yet" in waiting.json()["panels"][0]["notes"]
    worker.finish_everything()
    ended = client.get(path, headers={"If-None-Match": waiting.headers["ETag"]})
    assert ended.status_code == 200
    assert "not over yet" not in ended.json()["panels"][0]["notes"]


def test_what_is_no_figure_is_refused(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(1, l1=[1e-4, 1e-3]))
    worker.finish_everything()
    path = f"/v1/experiments/{made['id']}/plot.json"
    assert client.get(path).json()["kind"] == "curves"
    refused = client.get(path, params={"kind": "figure"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/query/figure")
    assert "no tag of it is figure:" in refused.json()["detail"]
    for query in ({"figure": "35"}, {"kind": "matrix", "figure": "3"}, {"kind": "figure", "x": "/steps"}):
        assert client.get(path, params=query).status_code == 422, query
    missing = client.get(path, params={"figure": "3"})
    assert (missing.status_code, missing.json()["status"]) == (409, 409)
    assert "figure 3" in missing.json()["detail"]
    assert client.get(f"/v1/runs/{run_ids(client, made)[0]}/plot.json?kind=figure").status_code == 422


def test_a_tag_alone_makes_no_figure(client: Client, worker: PlayedWorker) -> None:
    for tags in (["figure:3"], ["figure:99"], ["figure:"]):
        made = submit(client, spec(tags=tags))
        worker.finish_everything()
        assert get(client, f"/v1/experiments/{made['id']}/plot.json")["kind"] == "curves"


def test_a_foreign_experiment_is_not_drawn_as_the_figure_without_a_word(
    client: Client, worker: PlayedWorker
) -> None:
    own = client.get("/v1/figures/7").json()["spec"]["smoke"]
    strayed = {**own, "problem": {**own["problem"], "sparsity": own["problem"]["sparsity"] + 1}}
    titles = []
    for asked in (own, strayed):
        made = submit(client, asked)
        worker.finish_everything()
        titles.append(client.get(f"/v1/experiments/{made['id']}/plot.json?kind=figure").json()["title"])
    assert titles[1] == f"{titles[0]}; not its own experiment, which differs at /problem/sparsity"
