// Parameters and singular values over steps, a curve a component, where the run recorded them.

import { fill, h, setText } from "../dom.js";
import { createCurves } from "../charts/curves.js";
import { lineRamp } from "../charts/colours.js";
import { int } from "../format.js";
import { axisToggle } from "./controls.js";
import { crossings } from "./curves.js";

const MOST = 100;
// Vectors come whole: more numbers than this are drawn by the service.
const MOST_NUMBERS = 500_000;

/** `{element, update(run), refresh(), destroy()}`; hidden while there are no vectors. */
export function runVectors(path, ctx) {
  const select = h("select", { id: "vector-metric", on: { change: () => ctx.attempt(refresh) } });
  const told = h("span", null);
  const nearest = h("span", null);
  const note = h("p", { class: "soft" }, told, nearest);
  const place = h("div");
  const picture = h("img", { class: "picture", alt: "components over steps", hidden: true });
  const scale = axisToggle("Values", "linear", (kind) => chart?.setScales({ y: kind }));
  const steps = axisToggle("Steps", "log", (kind) => chart?.setScales({ x: kind }));
  const element = h("section", { class: "panel", hidden: true, "aria-label": "components" },
    h("div", { class: "panel-head" }, h("h2", null, "Components over steps"),
      h("div", { class: "row" }, h("label", { for: "vector-metric", class: "soft" }, "Vector"), select, steps.element, scale.element)), note, place, picture);
  let chart = null;
  let marks = [];
  let turn = 0;

  async function refresh() {
    const mine = (turn += 1);
    const { items } = await ctx.api.get(`${path}/metrics`);
    if (mine !== turn) return;
    const vectors = items.filter(({ shape }) => shape !== null);
    element.hidden = vectors.length === 0;
    if (vectors.length === 0) return;
    if (select.options.length !== vectors.length) fill(select, vectors.map(({ name }) => h("option", { value: name }, name.replaceAll("_", " "))));
    const chosen = vectors.find(({ name }) => name === select.value);
    const many = chosen.n * sizeOf(chosen.shape) > MOST_NUMBERS;
    picture.hidden = !many;
    place.hidden = steps.element.hidden = scale.element.hidden = many;
    if (many) {
      await draw(chosen, mine);
      return;
    }
    chart ??= createCurves(place, {
      label: "Components over steps", x: { label: "step", scale: "log" }, y: { label: "", scale: "linear" }, height: 330, legend: false,
      hint: "Drag to zoom in, double-click to see all.",
      onFocus: (index) => setText(nearest, index === null ? "" : ` Under the mouse: component ${index}.`),
    });
    chart.setMarks(marks);
    const { series } = await ctx.api.get(`${path}/series`, { query: { metric: select.value } });
    if (mine !== turn) return;
    show(series[0]);
  }

  async function draw({ name, n, shape }, mine) {
    setText(told, `${int(n * sizeOf(shape))} numbers: the picture is the service's.`);
    setText(nearest, "");
    const kind = name === "singular_values" ? "singular_values" : "components";
    const drawn = await ctx.api.blob(`${path}/plot.svg`, { query: { kind, metric: name }, accept: "image/svg+xml" });
    if (mine !== turn) return;
    URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(drawn);
  }

  function show({ steps: at, values, shape }) {
    const size = shape === null ? 0 : sizeOf(shape);
    const last = values[values.length - 1] ?? [];
    const order = [...Array(size).keys()].sort((a, b) => Math.abs(last[b] ?? 0) - Math.abs(last[a] ?? 0)).slice(0, MOST);
    setText(told, `${size > MOST ? `The ${MOST} largest of ` : ""}${int(size)} components: the lighter, the larger at the last step.`);
    // The largest are drawn last, over the others.
    chart.setSeries(order.reverse().map((index, rank) => ({
      id: String(index), label: `component ${index}`, steps: at, values: values.map((row) => row[index]),
      colour: () => lineRamp(order.length > 1 ? rank / (order.length - 1) : 1), width: 1.3, alpha: 0.9,
    })));
    element.dataset.components = String(order.length);
  }

  return {
    element, refresh,
    update(run) {
      marks = crossings(run);
      chart?.setMarks(marks);
    },
    destroy() {
      turn += 1;
      chart?.destroy();
      URL.revokeObjectURL(picture.src);
    },
  };
}

function sizeOf(shape) {
  return shape.reduce((a, b) => a * b, 1);
}
