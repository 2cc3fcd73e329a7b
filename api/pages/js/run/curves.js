// The curves of a run: train solid, test dashed, any metric on a second axis, t1, t2, delay and theory as lines.

import { h } from "../dom.js";
import { int } from "../format.js";
import { createCurves } from "../charts/curves.js";
import { cssVariable } from "../theme.js";
import { axisToggle, metricSelect } from "./controls.js";

const POINTS = 1500;

/** `{element, update(run, analysis), refresh(), destroy()}`; `refresh` asks for the points that there are by now. */
export function runCurves(path, ctx) {
  const state = { run: null, train: "train_error", test: "test_error", second: "", x: "log", zoom: null, names: [] };
  let turn = 0;
  const second = metricSelect("Second axis", (name) => {
    state.second = name;
    scale2.element.hidden = name === "";
    return ctx.attempt(refresh);
  });
  const scaleX = axisToggle("Steps", "log", (kind) => {
    state.x = kind;
    chart.setScales({ x: kind });
    return ctx.attempt(refresh);
  });
  const scaleY = axisToggle("Values", "log", (kind) => chart.setScales({ y: kind }));
  const scale2 = axisToggle("Second", "linear", (kind) => chart.setScales({ y2: kind }));
  scale2.element.hidden = true;
  const place = h("div");
  const element = h("section", { class: "panel", "aria-label": "curves" },
    h("div", { class: "panel-head" }, h("h2", null, "Train and test"),
      h("div", { class: "row" }, scaleX.element, scaleY.element, second.element, scale2.element)), place);
  const chart = createCurves(place, {
    label: "Train and test over steps",
    x: { label: "step", scale: "log", last: () => (state.run && state.run.state !== "succeeded" ? state.run.step : 0) },
    y: { label: "", scale: "log" },
    y2: { label: "", scale: "linear" },
    height: 400,
    onZoom: (range) => {
      state.zoom = range;
      return ctx.attempt(refresh);
    },
  });

  async function refresh() {
    const mine = (turn += 1);
    const metrics = await ctx.api.get(`${path}/metrics`);
    state.names = metrics.items.filter(({ shape }) => shape === null).map(({ name }) => name);
    second.offer(state.names.filter((name) => name !== state.train && name !== state.test));
    const wanted = [state.train, state.test, state.second].filter((name) => state.names.includes(name));
    if (wanted.length === 0) {
      chart.setSeries([]);
      return;
    }
    const range = state.zoom ? { from: state.zoom.from, to: state.zoom.to } : {};
    const { series } = await ctx.api.get(`${path}/series`, { query: { metric: wanted, points: POINTS, scale: state.x, ...range } });
    if (mine !== turn) return;
    element.dataset.returned = series.map(({ returned }) => returned).join(",");
    chart.setSeries(series.map((one) => curve(one, state)));
  }

  return {
    element,
    refresh,
    update(run, analysis) {
      state.run = run;
      state.train = analysis?.detector?.train_metric ?? state.train;
      state.test = analysis?.detector?.test_metric ?? state.test;
      chart.setMarks(...marksOf(run, analysis));
    },
    destroy: chart.destroy,
  };
}

function curve({ metric, steps, values }, state) {
  const common = { id: metric, label: metric.replaceAll("_", " "), steps, values };
  if (metric === state.train) return { ...common, colour: () => cssVariable("--train"), width: 2 };
  if (metric === state.test) return { ...common, colour: () => cssVariable("--test"), dash: true, width: 2 };
  return { ...common, colour: () => cssVariable("--third"), axis: "y2", width: 1.6 };
}

/** t1 and t2 as marks, as far as they are known. */
export function crossings(run) {
  return ["t1", "t2"].filter((name) => run[name] !== null).map((name) => ({ step: run[name], text: `${name} = ${int(run[name])}` }));
}

function marksOf(run, analysis) {
  const marks = crossings(run);
  const spans = [];
  const delay = analysis?.theory?.delay;
  if (run.t1 !== null && typeof delay === "number" && Number.isFinite(delay))
    marks.push({ step: run.t1 + delay, text: `theory ${int(Math.round(run.t1 + delay))}`, colour: "--theory", dash: [8, 3, 2, 3] });
  if (run.t1 !== null && run.t2 !== null && run.t2 > run.t1) spans.push({ from: run.t1, to: run.t2, text: `delay ${int(run.t2 - run.t1)}` });
  return [marks, spans];
}
