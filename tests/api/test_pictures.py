"""Pictures over HTTP: of a run and a sweep, in every form, with their ETags."""

from xml.etree import ElementTree

import pytest
from httpx import Client

from api.pictures import missing
from tests.api.networks import train_all
from tests.api.played import PlayedWorker, run_ids, submit, sweep
from tests.api.served import Service


def test_a_run_and_its_sweep_are_drawn(client: Client, worker: PlayedWorker) -> None:
    pytest.importorskip("matplotlib")
    made = submit(client, sweep(2, l1=[1e-4, 1e-3]))
    worker.finish_everything()
    path = f"/v1/runs/{run_ids(client, made)[0]}/plot"
    svg = client.get(f"{path}.svg")
    assert svg.status_code == 200, svg.text
    ElementTree.fromstring(svg.content)
    assert "t_2 = 60" in svg.text
    assert client.get(f"{path}.svg", headers={"If-None-Match": svg.headers["ETag"]}).status_code == 304
    assert client.get(f"{path}.png").content[:4] == b"\x89PNG"
    assert client.get(f"{path}.json").json()["panels"][0]["t2"] == 60
    for kind in ("curves", "scaling", "matrix", "phase"):
        answer = client.get(f"/v1/experiments/{made['id']}/plot.svg?kind={kind}")
        assert answer.status_code == 200, answer.text
    assert client.get(f"/v1/experiments/{made['id']}/plot.svg?kind=phase&value=t2").status_code == 422


def test_a_run_of_a_sweep_over_two_axes_is_drawn_as_curves(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(1, l1=[1e-4, 1e-3], l2_squared=[0, 1e-3]))
    worker.finish_everything()
    assert client.get(f"/v1/experiments/{made['id']}/plot.json").json()["kind"] == "matrix"
    shown = client.get(f"/v1/runs/{run_ids(client, made)[0]}/plot.json?metric=train_error").json()
    assert (shown["kind"], [line["metric"] for line in shown["panels"][0]["lines"]]) == (
        "curves",
        ["train_error"],
    )


def test_without_the_extra_the_numbers_are_left(
    client: Client, worker: PlayedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = submit(client)
    worker.finish_everything()
    monkeypatch.setattr(missing, "find_spec", lambda _: None)
    refused = client.get(f"/v1/experiments/{made['id']}/plot.svg")
    assert refused.status_code == 406
    assert "groklab[plot]" in refused.json()["detail"]
    assert client.get(f"/v1/experiments/{made['id']}/plot.json").status_code == 200


def test_pictures_show_what_the_analysis_says(service: Service) -> None:
    axes = [
        {"path": "/problem/measurements", "values": [4, 10, 16]},
        {"path": "/regularization/l1", "values": [1e-3, 1e-2]},
    ]
    spec = {
        "problem": {"kind": "sparse_recovery", "dimension": 20, "sparsity": 1},
        "model": {"kind": "linear"},
        "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
        "steps": 2000,
        "detect": {"train_threshold": 5e-2, "test_threshold": 5e-2},
        # Two seeds of a cell may come to different ends.
        "sweep": {"axes": axes, "seeds": {"count": 2}},
    }
    made = submit(service.client, spec)
    train_all(service)
    path, over = f"/v1/experiments/{made['id']}", "x=/problem/measurements&y=/regularization/l1"
    for kind, shown, having in (("phase", "labels", "agreeing"), ("matrix", "values", "known")):
        (panel,) = service.client.get(f"{path}/plot.json?kind={kind}&{over}").json()["panels"]
        measured = "&value=t2" if kind == "matrix" else ""
        said = service.client.get(f"{path}/analysis/{kind}?{over}{measured}").json()
        assert (panel[shown], panel[having], panel["runs"]) == (said[shown], said["k"], said["n"])
        assert len({str(one) for row in said[shown] for one in row}) > 1


def test_a_metric_that_is_named_again_and_again_is_drawn_once(client: Client, worker: PlayedWorker) -> None:
    pytest.importorskip("matplotlib")
    made = submit(client)
    worker.finish_everything()
    path = f"/v1/runs/{run_ids(client, made)[0]}/plot"
    asked = {"kind": "curves", "metric": ["train_error"] * 64}
    assert client.get(f"{path}.svg", params=asked).status_code == 200
    assert len(client.get(f"{path}.json", params=asked).json()["panels"][0]["lines"]) == 1
