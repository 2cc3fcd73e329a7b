"""The form of a new experiment, which is made from the schema of the spec."""

import ast
import json
import re
from typing import Any

import pytest
from httpx import Client
from playwright.sync_api import Locator, Page, expect

from tests.api.archives import GOOD, npz, upload
from tests.faults.lab import Lab
from tests.page.axe import serious_findings
from tests.page.conftest import OpenPage
from tests.page.golden import T1, T2
from tests.page.shots import shoot

REFUSED = r"status of 422"
PREDICTED_T2 = "69,606"
VIEW = re.compile(r"#/experiments/exp_[0-9a-z]{26}$")


def tile(page: Page, name: str) -> Locator:
    """A number of the dry run."""
    return page.locator(f".outlook [data-tile={name}] .big")


def at(page: Page, pointer: str) -> Locator:
    """The control of a field."""
    return page.locator(f'[data-pointer="{pointer}"]')


def spec_of(page: Page) -> dict[str, Any]:
    """The spec, as the JSON beside the form has it."""
    found: dict[str, Any] = json.loads(editor(page).input_value())
    return found


def editor(page: Page) -> Locator:
    return page.get_by_label("The spec as JSON")


def said_at(page: Page, pointer: str) -> Locator:
    """The fault that is told at a field, to screen readers too."""
    described = at(page, pointer).get_attribute("aria-describedby")
    assert described is not None
    return page.locator(f"#{described.split()[0]}")


def test_the_golden_run_is_looked_at_and_submitted(page: Page) -> None:
    page.goto("/#/new")
    expect(tile(page, "cells")).to_have_text("1")
    expect(tile(page, "t2")).to_have_text(PREDICTED_T2)
    expect(page.locator(".sum")).to_contain_text(f"t2 ≈ {PREDICTED_T2}")
    page.get_by_role("button", name="Submit this run").click()
    expect(page).to_have_url(VIEW)
    expect(page.get_by_role("heading", level=1)).to_have_text("l1 groks")
    expect(page.locator("[data-tile=t1] .big")).to_have_text(f"{T1}")
    expect(page.locator("[data-tile=t2] .big")).to_have_text(f"{T2:,}")
    page.goto("/#/new")
    expect(page.locator(".said")).to_contain_text("Started from the example l1 groks")


def test_a_fault_is_told_at_its_field(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expect(REFUSED)
    page.goto("/#/new")
    expect(tile(page, "t2")).to_have_text(PREDICTED_T2)
    at(page, "/problem/measurements").fill("0")
    at(page, "/steps").fill("many")
    expect(said_at(page, "/problem/measurements")).to_have_text("Input should be greater than or equal to 1")
    expect(said_at(page, "/steps")).to_have_text("Input should be a valid integer")
    expect(at(page, "/steps")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".sum")).to_have_text("2 things are not right yet")
    page.get_by_role("button", name="/problem/measurements").click()
    expect(at(page, "/problem/measurements")).to_be_focused()
    page.keyboard.type("40")
    at(page, "/steps").fill("120,000")
    expect(tile(page, "cells")).to_have_text("1")
    expect(said_at(page, "/steps")).to_be_hidden()
    expect(at(page, "/steps")).not_to_have_attribute("aria-invalid", "true")
    assert (spec_of(page)["problem"]["measurements"], spec_of(page)["steps"]) == (40, 120_000)


def test_a_field_is_swept(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expect(REFUSED)
    page.goto("/#/new")
    page.get_by_role("button", name="Add an axis").click()
    axis = {"path": "/regularization/l1", "logspace": {"start": 1e-6, "stop": 1e-4, "num": 5}}
    assert spec_of(page)["sweep"] == {"axes": [axis]}
    expect(tile(page, "cells")).to_have_text("5")
    expect(page.get_by_role("region", name="predictions").locator("tbody tr")).to_have_count(5)
    at(page, "/sweep/axes/0/way").select_option("values")
    at(page, "/sweep/seeds/count").fill("2")
    expect(tile(page, "cells")).to_have_text("10")
    at(page, "/sweep/axes/0/values").fill("1e-5, -1")
    expect(said_at(page, "/sweep/axes/0/values")).to_contain_text("with /regularization/l1 = -1:")
    at(page, "/sweep/axes/0/values").fill("1e-5, 2e-5")
    page.get_by_role("button", name="Move another field along").click()
    at(page, "/sweep/axes/0/paths/1").select_option("/steps")
    at(page, "/sweep/axes/0/values").fill("1e-5, 2000\n2e-5, 1000")
    expect(tile(page, "cells")).to_have_text("4")
    rows = {"paths": ["/regularization/l1", "/steps"], "values": [[1e-5, 2000], [2e-5, 1000]]}
    assert spec_of(page)["sweep"] == {"axes": [rows], "seeds": {"count": 2}}
    page.get_by_role("button", name="Remove axis 1").click()
    expect(tile(page, "cells")).to_have_text("2")
    expect(page.get_by_role("button", name="Add an axis")).to_be_focused()


def test_it_starts_from_a_figure(page: Page, lab: Lab) -> None:
    wanted = lab.get("/v1/figures/4")["spec"]["smoke"]
    page.goto("/#/new?figure=4&scale=smoke")
    expect(tile(page, "cells")).to_have_text(str(len(wanted["sweep"]["axes"][0]["values"])))
    assert spec_of(page) == wanted
    expect(at(page, "/sweep/axes/0/values")).to_have_value(re.compile(r"^subgradient, 0\.0275, 1e-5, "))
    page.get_by_label("Start from").select_option(label="the nuclear norm groks")
    page.get_by_role("button", name="Use it").click()
    expect(at(page, "/problem/kind")).to_have_value("matrix_completion")
    page.get_by_role("button", name="Back to what was there").click()
    expect(at(page, "/problem/kind")).to_have_value("sparse_recovery")
    assert spec_of(page) == wanted


@pytest.mark.parametrize("init", [{"kind": "normal", "scale": 1e-6}, {"kind": "sign_symmetric"}])
def test_it_starts_from_an_experiment_and_means_the_same(page: Page, lab: Lab, init: dict[str, Any]) -> None:
    made = lab.get(f"/v1/experiments/{lab.submit(model={'kind': 'linear', 'init': init}, steps=10)}")
    with page.expect_response(lambda answer: answer.ok and "dry_run" in answer.url) as first:
        page.goto(f"/#/new?from={made['id']}")
    if first.value.json()["digest"] != made["digest"]:
        # The scale is that of another kind of start by default, and so has to be told.
        expect(editor(page)).to_have_value(re.compile('"normal", "scale": 1e-6'))
    again = lab.dry_run(spec_of(page))
    assert again["digest"] == made["digest"]


def test_the_json_beside_is_edited_and_read(page: Page) -> None:
    page.goto("/#/new")
    name = '<img src="x" onerror="alert(1)">'
    spec = {
        "name": name,
        "problem": {"kind": "sparse_recovery", "snr": 1e8},
        "model": {"kind": "linear"},
        "optimizer": {"kind": "proximal", "learning_rate": 0.1},
        "steps": 1000,
    }
    editor(page).fill(json.dumps(spec))
    expect(at(page, "/name")).to_have_value(name)
    expect(at(page, "/problem/snr")).to_have_value("1e8")
    expect(at(page, "/optimizer/kind")).to_have_value("proximal")
    expect(at(page, "/detect/train_threshold")).to_have_attribute("placeholder", "0.001")
    at(page, "/problem/snr").fill("")
    at(page, "/regularization/l1").fill("2e-5")
    del spec["problem"]["snr"]  # type: ignore[attr-defined]
    assert spec_of(page) == spec | {"regularization": {"l1": 2e-5}}
    editor(page).fill('{\n  "steps": 5,\n  "seed": 01\n}')
    expect(page.locator("#form-json-error")).to_contain_text("line 3, column 11: a value is expected")
    page.get_by_role("button", name="Show the place").click()
    expect(editor(page)).to_be_focused()
    assert page.evaluate("document.activeElement.selectionStart") == len('{\n  "steps": 5,\n  "seed": ')


def test_a_change_of_kind_keeps_what_fits(page: Page) -> None:
    page.goto("/#/new")
    expect(tile(page, "t2")).to_have_text(PREDICTED_T2)
    at(page, "/rng").evaluate("control => control.closest('details').open = true")
    at(page, "/rng").select_option(label="default (default)")
    at(page, "/problem/kind").focus()
    at(page, "/problem/kind").select_option("modular_arithmetic")
    expect(at(page, "/problem/kind")).to_be_focused()
    expect(tile(page, "cells")).to_have_text("1")
    spec = spec_of(page)
    assert spec["model"] == {"kind": "encoder_decoder"}
    assert spec["optimizer"] == {"kind": "adam", "learning_rate": 1e-3}
    assert (spec["regularization"], spec["steps"], spec["name"]) == ({"l1": 1e-5}, 120_000, "l1 groks")
    at(page, "/optimizer/weight_decay").fill("0.1")
    at(page, "/optimizer/kind").select_option("adamw")
    assert spec_of(page)["optimizer"] == {"kind": "adamw", "learning_rate": 1e-3, "weight_decay": 0.1}


def test_what_was_typed_survives_a_reload_and_enter_does_not_submit(page: Page) -> None:
    page.goto("/#/new?problem=sparse_recovery")
    at(page, "/steps").fill("77")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("blank sparse recovery")
    page.reload()
    expect(at(page, "/steps")).to_have_value("77")
    page.get_by_role("button", name="Start over").click()
    expect(at(page, "/steps")).not_to_have_value("77")
    at(page, "/steps").fill("78")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(VIEW)


def test_it_is_copied_for_a_shell_and_for_python(open_page: OpenPage, lab: Lab) -> None:
    page, _ = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/#/new?figure=7")
    expect(tile(page, "cells")).to_be_visible()
    wanted = lab.get("/v1/figures/7")["spec"]["smoke"]
    page.get_by_role("button", name="curl").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    line = page.evaluate("navigator.clipboard.readText()")
    assert line.startswith(f"curl -s {lab.url}/v1/experiments")
    assert json.loads(line.split(" -d ")[1].strip("'")) == wanted
    page.get_by_role("button", name="Python").click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(2)
    lines = ast.parse(page.evaluate("navigator.clipboard.readText()"))
    (assigned,) = (node for node in lines.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(assigned.value) == wanted


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_can_be_used_by_everybody(open_page: OpenPage, scheme: str) -> None:
    page, watch = open_page(scheme=scheme)
    watch.expect(REFUSED)
    page.goto("/#/new?figure=4")
    expect(tile(page, "cells")).to_be_visible()
    for name in ("Stopping early", "Recording", "Numbers and machine"):
        page.get_by_text(name).click()
    at(page, "/problem/measurements").fill("0")
    expect(said_at(page, "/problem/measurements")).to_be_visible()
    assert serious_findings(page) == []


@pytest.mark.parametrize("width", [1400, 420])
def test_the_form_fits_the_screen(open_page: OpenPage, width: int) -> None:
    page, _ = open_page(width=width)
    page.goto("/#/new")
    page.get_by_role("button", name="Add an axis").click()
    expect(tile(page, "cells")).to_have_text("5")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"form-{width}", most_height=900)


def test_uploads_and_metrics_are_offered(open_page: OpenPage, lab: Lab) -> None:
    page, watch = open_page()
    watch.expect(REFUSED)
    with Client(base_url=lab.url) as client:
        made = upload(client, npz(GOOD), name="mine").json()
    page.goto("/#/new?problem=dataset")
    field = at(page, "/problem/dataset")
    expect(page.locator(f'datalist#{field.get_attribute("list")} option[value="{made["id"]}"]')).to_have_text(
        re.compile(r"^mine, \d+ x \d+ inputs$")
    )
    page.get_by_text("Recording").click()
    add = page.get_by_label("Add a metric")
    boxes = [one.bounding_box() for one in (add, at(page, "/record/parameters_per_decade"))]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] + boxes[0]["height"] < boxes[1]["y"]
    add.focus()
    add.select_option("parameters")
    wanted = ["train_error", "test_error", "parameters"]
    assert spec_of(page)["record"]["metrics"] == wanted
    expect(at(page, "/record/metrics")).to_have_value(", ".join(wanted))
    expect(add.locator("option[value=parameters]")).to_have_count(0)
    assert lab.dry_run(spec_of(page) | {"problem": {"kind": "sparse_recovery"}})["cells"] == 1
