// The curves of many runs, coloured by an axis: an even choice of them, or their medians with quartiles.

import { createCurves } from "../charts/curves.js";
import { stepScale } from "../charts/scales.js";
import { fill, h, setText } from "../dom.js";
import { axisValue, int, num, words } from "../format.js";
import { latest } from "../pace.js";
import { watchTheme } from "../theme.js";
import { SEED, axesOf, evenChoice, groupBy, keyOf, placeOf } from "./axes.js";
import { bandOf } from "./bands.js";
import { coloursOf, faint } from "./colours.js";
import { choice, filters, oneOf } from "./controls.js";

const MOST_RUNS = 60;
const MOST_BANDS = 8;
const MOST_BAND_RUNS = 160;
const POINTS = 200;
const SEEDS_FOR_BANDS = 5;
const USUAL = ["test_error", "test_accuracy", "test_loss"];

/** Curves in `root` of the experiment's own rows. Returns `{update, metrics(names), destroy}`. */
export function mountSweepCurves(root, { experiment, rows, valuesOf }, ctx) {
  const axes = axesOf(experiment.spec);
  const seeds = experiment.spec.sweep?.seeds?.count ?? 1;
  const state = {
    metric: null, colour: axes[0]?.path ?? SEED, at: new Map(), zoomed: null, steps: "log", values: null,
    bands: axes.length < 2 && seeds > SEEDS_FOR_BANDS,
  };
  const told = h("p", { class: "soft sweep-told", "aria-live": "polite" });
  const legend = h("div");
  const body = h("div");
  const where = filters(state.at, () => ask());
  const metric = choice("Curves of", [], "", (chosen) => {
    state.metric = chosen;
    state.values = null;
    ask();
  });
  const colour = choice("Colour", [...axes.map((axis) => [axis.path, axis.name]), [SEED, "seed"]], state.colour, (chosen) => {
    state.colour = chosen;
    state.at.delete(chosen);
    ask();
  });
  const shape = oneOf("curves", [["runs", "Runs"], ["bands", "Median and quartiles"]], state.bands ? "bands" : "runs", (chosen) => {
    state.bands = chosen === "bands";
    ask();
  });
  const logSteps = h("button", { type: "button", class: "small choice", "aria-pressed": "true", on: { click: () => turn("steps", logSteps) } }, "log steps");
  const logValues = h("button", { type: "button", class: "small choice", "aria-pressed": "true", on: { click: () => turn("values", logValues) } }, "log values");
  const section = h("section", { class: "panel sweep-curves", "aria-label": "curves" },
    h("div", { class: "panel-head" }, h("h2", null, "Curves"), h("div", { class: "row" }, shape, logSteps, logValues)),
    h("div", { class: "row" }, metric.element, axes.length > 0 && colour.element, where.element), told, body, legend);
  root.append(section);
  const yAxis = { label: "", scale: "log" };
  let chart = null;
  let seen = null;

  function turn(which, button) {
    const next = button.getAttribute("aria-pressed") === "true" ? "linear" : "log";
    button.setAttribute("aria-pressed", String(next === "log"));
    state[which] = next;
    chart?.setScales({ x: state.steps, y: valueKind() });
    ask();
  }

  function valueKind() {
    const natural = state.metric?.includes("accuracy") ? "linear" : "log";
    const kind = state.values ?? natural;
    logValues.setAttribute("aria-pressed", String(kind === "log"));
    return kind;
  }

  /** Which rows are drawn: `{groups, drawn, of}`. */
  function chosen() {
    const wanted = [...state.at].map(([path, text]) => [path, keyOf(JSON.parse(text))]);
    const there = rows.list.filter((row) => row.own && row.state !== "queued" && wanted.every(([path, key]) => keyOf(row.axes[path]) === key));
    const all = groupBy(there, state.colour);
    const groups = state.bands ? evenChoice(all, MOST_BAND_RUNS, MOST_BANDS) : evenChoice(all, MOST_RUNS);
    return { all, groups, drawn: groups.reduce((sum, group) => sum + group.rows.length, 0), of: there.length };
  }

  const { ask, update } = latest(async (current) => {
    if (state.metric === null || rows.list.length === 0) return;
    where.offer(axes.filter((axis) => axis.path !== state.colour), valuesOf);
    const choiceNow = chosen();
    const ids = choiceNow.groups.flatMap((group) => group.rows.map((row) => row.run));
    if (ids.length === 0) {
      setText(told, "Nothing is recorded yet.");
      return;
    }
    const { series } = await ctx.api.get(`/v1/experiments/${encodeURIComponent(experiment.id)}/series`, {
      query: { metric: state.metric, run: ids, points: POINTS, scale: state.steps, from: state.zoomed?.from, to: state.zoomed?.to },
    });
    if (!current()) return;
    seen = { ...choiceNow, series: new Map(series.map((one) => [one.run, one])), metric: state.metric, bands: state.bands, colour: state.colour };
    draw();
  }, ctx);

  function draw() {
    if (!seen) return;
    const kind = valueKind();
    const changed = section.dataset.metric !== seen.metric;
    Object.assign(yAxis, { label: words(seen.metric), scale: kind });
    chart ??= createCurves(body, {
      label: "curves of the sweep", height: 380, legend: false, x: { label: "step", scale: state.steps }, y: yAxis,
      hint: "Drag to zoom in; a click on a curve opens its run.",
      onZoom: (range) => {
        state.zoomed = range;
        ask();
      },
      onPick: (id) => !seen.bands && ctx.navigate(`/runs/${id}`),
      onFocus: tell,
    });
    if (changed) chart.setScales({ y: kind });
    const values = seen.all.map((group) => group.value);
    const colours = coloursOf(values);
    const at = new Map(values.map((value, index) => [keyOf(value), index]));
    const name = seen.colour === SEED ? "seed" : axes.find((axis) => axis.path === seen.colour).name;
    const paint = (group) => () => colours.colour(at.get(keyOf(group.value)));
    if (seen.bands) drawBands(paint, name);
    else chart.setSeries(seen.groups.flatMap((group) => group.rows.map((row) => ({ ...seen.series.get(row.run), id: row.run, label: placeOf(row, axes), colour: paint(group), width: 1.2, alpha: 0.9 }))));
    fill(legend, colours.legend(name));
    Object.assign(section.dataset, { metric: seen.metric, drawn: seen.drawn, colour: seen.colour, bands: seen.bands });
    tell(null);
  }

  function drawBands(paint, name) {
    const bands = [];
    const lines = seen.groups.flatMap((group, index) => {
      const band = bandOf(group.rows.map((row) => seen.series.get(row.run)), stepScale(state.steps), valueKind() === "log");
      const label = `${name} ${axisValue(group.value)}`;
      bands.push([3 * index + 2, 3 * index, () => faint(paint(group)(), 0.2)]);
      return ["low", "median", "high"].map((part) => ({
        id: `${label} ${part}`, label: `${label}, ${part}`, steps: band.steps, values: band[part], colour: paint(group), width: part === "median" ? 2.2 : 0.5, alpha: part === "median" ? 1 : 0.5,
      }));
    });
    chart.setSeries(lines, bands);
  }

  /** What is drawn, or which curve is pointed at. */
  function tell(id) {
    const row = id === null ? undefined : seen.groups.flatMap((group) => group.rows).find((one) => one.run === id);
    if (row) {
      setText(told, `${placeOf(row, axes)}: ${words(row.outcome ?? row.state)}${row.t2 === null ? "" : `, t2 ${int(row.t2)}`}${row.final?.[seen.metric] === undefined ? "" : `, last ${num(row.final[seen.metric])}`}`);
      return;
    }
    const groups = seen.bands && seen.groups.length < seen.all.length ? `, ${int(seen.groups.length)} of ${int(seen.all.length)} values` : "";
    const even = seen.drawn < seen.of ? `${int(seen.drawn)} of ${int(seen.of)} runs ${seen.bands ? "counted" : "drawn"}, chosen evenly` : `all ${int(seen.of)} runs`;
    setText(told, `${even}${groups}${seen.bands ? "; the line is the median, the band goes from quartile to quartile" : ""}.`);
  }

  const unwatch = watchTheme(draw);
  return {
    update,
    /** The metrics that there are curves of. */
    metrics(names) {
      if (names.length === 0) return;
      metric.offer(names.map((name) => [name, words(name)]));
      state.metric ??= USUAL.find((name) => names.includes(name)) ?? names[0];
      metric.set(state.metric);
    },
    destroy() {
      unwatch();
      chart?.destroy();
    },
  };
}
