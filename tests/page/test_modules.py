"""Modules of the page by themselves, in a browser but without a view."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.page.conftest import OpenPage

NOWHERE = "/#/nowhere"


@pytest.fixture
def modules(page: Page) -> Page:
    """A page that asks for nothing by itself."""
    page.goto(NOWHERE)
    page.get_by_role("heading", level=1).wait_for()
    return page


def evaluate(page: Page, module: str, body: str) -> Any:
    """What an async function of a module of the page returns; `all` is the module."""
    return page.evaluate(f"async () => {{ const all = await import('/pages/js/{module}.js'); {body} }}")


def test_a_stream_is_taken_apart_at_the_ends_of_lines_alone(modules: Page) -> None:
    found = evaluate(
        modules,
        "live",
        r"""
        const events = [];
        const parse = all.parser((event) => { events.push(event); return event.name === "end"; });
        const pieces = ["id: 7\r", "\nevent: state\rdata: a\u2028b\u2029c: d\r",
          "\rretry: 5\ndata\ndata:e\n", "\n", ": a comment\nevent: end\ndata: {}\n\n"];
        return [pieces.map(parse), events];
        """,
    )
    assert found == [
        [False, False, False, False, True],
        [
            {"id": "7", "name": "state", "data": "a\u2028b\u2029c: d", "retry": None},
            {"id": None, "name": "message", "data": "\ne", "retry": 5},
            {"id": None, "name": "end", "data": "{}", "retry": None},
        ],
    ]


def test_what_is_wrong_with_a_listener_is_no_cut_connection(open_page: OpenPage) -> None:
    page, watch = open_page()
    watch.expect("of the listener")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="text/event-stream", body="event: points\ndata: {}\n\n")

    page.route("**/v1/stream*", answer)
    page.goto(NOWHERE)
    page.clock.install()
    with page.expect_event("pageerror"):
        evaluate(
            page,
            "live",
            """all.follow("/v1/stream", { on: { points() { throw new TypeError("of the listener"); } } });""",
        )
    page.clock.run_for(30_000)
    assert len(asked) == 1


def test_addresses_lead_nowhere_else(modules: Page) -> None:
    addresses = [
        "/docs",
        "#/new",
        "//evil",
        "/\\evil",
        "/\t/evil",
        "/\n\\evil",
        "javascript:0",
        "https://evil",
    ]
    allowed = evaluate(
        modules,
        "dom",
        f"""
        const made = (href) => {{ try {{ return all.h("a", {{ href }}).host; }} catch {{ return null; }} }};
        return {json.dumps(addresses)}.map((href) => made(href) === window.location.host);
        """,
    )
    assert allowed == [True, True] + [False] * 6


def test_large_answers_are_not_kept(modules: Page) -> None:
    asked: list[tuple[str, bool]] = []

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        asked.append((name, "if-none-match" in route.request.headers))
        size = {"small": 10, "large": 1_000_001}.get(name, 900_000)
        route.fulfill(headers={"ETag": '"1"'}, content_type="application/json", body=json.dumps("x" * size))

    modules.route("**/v1/kept/*", answer)
    names = ["small", "small", "large", "large", *map(str, range(9)), "8", "0", "small"]
    evaluate(modules, "api", f"for (const name of {names}) await all.get(`/v1/kept/${{name}}`);")
    again = [with_tag for _, with_tag in asked]
    assert again[:4] == [False, True, False, False]
    # Nine of them are more than may be kept together: the oldest went.
    assert again[-3:] == [True, False, False]


def test_who_asks_meanwhile_gets_what_was_asked_for_afterwards(modules: Page) -> None:
    found = evaluate(
        modules,
        "pace",
        """
        const open = [];
        const ctx = { attempt: (action) => action() };
        const look = all.renewed(() => new Promise((resolve) => open.push(resolve)), ctx);
        const turn = () => new Promise((resolve) => setTimeout(resolve));
        const told = [];
        look().then(() => told.push("first"));
        look().then(() => told.push("second"));
        open[0]();
        await turn();
        const midway = [open.length, told.length];
        open[1]();
        await turn();
        look();
        return [midway, told, open.length];
        """,
    )
    assert found == [[2, 0], ["first", "second"], 3]


def test_curves_of_the_same_names_have_the_colours_and_sizes_that_they_are_given_now(
    open_page: OpenPage,
) -> None:
    page, watch = open_page()
    watch.expect("Multiple readback operations")
    page.goto(NOWHERE)
    page.get_by_role("heading", level=1).wait_for()
    found = evaluate(
        page,
        "charts/curves",
        """
        const place = document.querySelector("main");
        const linear = { scale: "linear" };
        const chart = all.createCurves(place, { label: "curves", x: linear, y: linear });
        const line = (colour, more) => ["a", "b"].map((id, at) => (
          { id, label: id, steps: [0, 1, 2], values: [at, at, at], colour, width: 4, ...more }));
        const shown = async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          const canvas = place.querySelector("canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const counts = { red: 0, blue: 0, green: 0 };
          const colours = { "255,0,0": "red", "0,0,255": "blue", "0,255,0": "green" };
          for (let at = 0; at < data.length; at += 4) {
            const name = colours[data.slice(at, at + 3).join()];
            if (name && data[at + 3] === 255) counts[name] += 1;
          }
          const swatch = place.querySelector(".swatch").style.getPropertyValue("--swatch");
          return { ...counts, swatch };
        };
        chart.setSeries(line("#ff0000"));
        const first = await shown();
        chart.setSeries(line("#0000ff"), [[1, 0, () => "#00ff00"]]);
        const second = await shown();
        chart.setSeries(line("#0000ff", { width: 12 }));
        const third = await shown();
        place.querySelector(".curves-legend button").click();
        const hidden = await shown();
        // A frame that was asked for finds no chart any more.
        place.style.width = "400px";
        await new Promise((resolve) => requestAnimationFrame(resolve));
        chart.destroy();
        await new Promise((resolve) => setTimeout(resolve, 100));
        return [first, second, third, hidden];
        """,
    )
    first, second, third, hidden = found
    assert (first["blue"], first["swatch"]) == (0, "#ff0000")
    assert first["red"] > 1000
    assert (second["red"], second["swatch"]) == (0, "#0000ff")
    assert second["blue"] > 1000
    assert second["green"] > 10_000
    assert third["green"] == 0
    assert third["blue"] > 2 * second["blue"]
    assert 0 < hidden["blue"] < 0.6 * third["blue"]


def test_an_older_answer_does_not_take_the_place_of_a_newer_one(modules: Page) -> None:
    components = evaluate(
        modules,
        "run/vectors",
        """
        const open = {};
        const metrics = [["two", [2]], ["three", [3]]].map(([name, shape]) => ({ name, shape, n: 1 }));
        const api = { get: (path, options) => path.endsWith("/metrics") ? Promise.resolve({ items: metrics })
          : new Promise((resolve) => (open[options.query.metric] = resolve)) };
        const vectors = all.runVectors("", { api, attempt: (action) => action() });
        document.querySelector("main").append(vectors.element);
        const turn = () => new Promise((resolve) => setTimeout(resolve));
        vectors.refresh();
        await turn();
        vectors.element.querySelector("select").value = "three";
        vectors.refresh();
        await turn();
        open.three({ series: [{ steps: [0], values: [[1, 2, 3]], shape: [3] }] });
        await turn();
        open.two({ series: [{ steps: [0], values: [[1, 2]], shape: [2] }] });
        await turn();
        vectors.destroy();
        return vectors.element.dataset.components;
        """,
    )
    assert components == "3"


def test_a_picture_that_comes_after_its_place_has_gone_is_not_kept(modules: Page) -> None:
    kept = evaluate(
        modules,
        "figures/picture",
        """
        let [kept, come] = [0, null];
        const made = URL.createObjectURL;
        URL.createObjectURL = (blob) => { kept += 1; return made.call(URL, blob); };
        const blob = () => new Promise((resolve) => (come = () => resolve(new Blob([]))));
        const picture = all.createPicture(document.querySelector("main"), { api: { blob } });
        const loading = picture.load("exp_1", "7");
        picture.destroy();
        come();
        await loading;
        return kept;
        """,
    )
    assert kept == 0
