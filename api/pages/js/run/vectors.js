// Parameters and singular values over steps, a curve a component, where the run recorded them.

import { fill, h } from "../dom.js";
import { createCurves } from "../charts/curves.js";
import { lineRamp } from "../charts/colours.js";
import { int } from "../format.js";
import { axisToggle } from "./controls.js";

const MOST = 100;

/** `{element, update(run), refresh(), destroy()}`; hidden while there are no vectors. */
export function runVectors(path, ctx) {
  const select = h("select", { id: "vector-metric", on: { change: () => ctx.attempt(refresh) } });
  const note = h("p", { class: "soft", hidden: true });
  const place = h("div");
  const scale = axisToggle("Values", "linear", (kind) => chart?.setScales({ y: kind }));
  const steps = axisToggle("Steps", "log", (kind) => chart?.setScales({ x: kind }));
  const element = h("section", { class: "panel", hidden: true, "aria-label": "components" },
    h("div", { class: "panel-head" }, h("h2", null, "Components over steps"),
      h("div", { class: "row" }, h("label", { for: "vector-metric", class: "soft" }, "Vector"), select, steps.element, scale.element)), note, place);
  let chart = null;

  async function refresh() {
    const { items } = await ctx.api.get(`${path}/metrics`);
    const names = items.filter(({ shape }) => shape !== null).map(({ name }) => name);
    element.hidden = names.length === 0;
    if (names.length === 0) return;
    if (select.options.length !== names.length) fill(select, names.map((name) => h("option", { value: name }, name.replaceAll("_", " "))));
    chart ??= createCurves(place, {
      label: "Components over steps", x: { label: "step", scale: "log" }, y: { label: "", scale: "linear" }, height: 320, legend: false,
      hint: "Drag to zoom in, double-click to see all.",
    });
    const { series } = await ctx.api.get(`${path}/series`, { query: { metric: select.value } });
    show(series[0]);
  }

  function show({ steps: at, values, shape }) {
    const size = shape === null ? 0 : shape.reduce((a, b) => a * b, 1);
    const last = values[values.length - 1] ?? [];
    const order = [...Array(size).keys()].sort((a, b) => Math.abs(last[b] ?? 0) - Math.abs(last[a] ?? 0)).slice(0, MOST);
    note.hidden = size <= MOST;
    note.textContent = `The ${MOST} largest of ${int(size)} components at the last step.`;
    chart.setSeries(order.map((index, rank) => ({
      id: String(index), label: `component ${index}`, steps: at, values: values.map((row) => row[index]),
      colour: () => lineRamp(order.length > 1 ? 1 - rank / (order.length - 1) : 1), width: 1.3, alpha: 0.9,
    })));
    element.dataset.components = String(order.length);
  }

  return { element, refresh, update() {}, destroy: () => chart?.destroy() };
}
