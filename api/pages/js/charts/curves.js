// Curves over steps: uPlot with logarithmic axes of our own, marks, a second axis, zoom, and values at the cursor.

import { h, fill, setText } from "../dom.js";
import { int, num } from "../format.js";
import { cssVariable, watchTheme } from "../theme.js";
import { drawMarks } from "./marks.js";
import { padded, stepScale, ticks, valueScale } from "./scales.js";

const MARK_ROOM = 36;
// The last step stands below the end of its axis.
const LABEL_ROOM = 28;

/**
 * A chart in `root`.
 *
 * `options`: `label` (what it shows, for screen readers), `x`, `y`, `y2`: `{label, scale: "log"|"linear"}`, `height` px,
 * `onZoom({from, to} | null)`: the steps that were zoomed to, null for all of them; ask the service for finer points then
 * and give them to `setSeries`. `legend: false` leaves the list of curves out;
 * `onPick(id)` is called with the curve nearest to a click, and `onFocus(id)` with the one nearest to the mouse, null:
 * none.
 *
 * Returns `{setSeries, setMarks, setScales, destroy}`:
 * `setSeries([{id, label, steps, values, dash, colour, axis, width, alpha}], bands)`: `values` null where not finite; `colour`
 * a CSS colour or a function giving one (called at each drawing, so that it can follow the theme); `axis` "y" or "y2";
 * `bands`: `[index of the upper curve, of the lower one, () => colour between them]`;
 * `setMarks(marks, spans)` as in marks.js; `setScales({x, y, y2})` changes to "log" or "linear".
 */
export function createCurves(root, options) {
  const state = {
    series: [], bands: [], marks: [], spans: [], hidden: new Set(), plot: null, zoomed: null,
    scales: { x: stepScale(options.x?.scale ?? "log"), y: valueScale(options.y?.scale ?? "log"), y2: valueScale(options.y2?.scale ?? "linear") },
  };
  const host = h("div", { class: "curves-plot", tabindex: "0", role: "img", "aria-label": options.label });
  const readout = h("div", { class: "curves-readout" });
  const legend = options.legend === false ? null : h("ul", { class: "curves-legend" });
  const reset = h("button", { type: "button", class: "small", hidden: true, on: { click: () => zoom(null) } }, "Show all steps");
  const frame = h("div", { class: "curves" }, host, h("div", { class: "curves-below" }, readout, reset), legend);
  root.append(frame);
  const values = new Map();

  // What the plot draws. One that was destroyed may draw once more, what it had: uPlot puts that off.
  let drawn = null;

  function build() {
    state.plot?.destroy();
    drawn = { series: state.series, bands: state.bands };
    state.plot = new window.uPlot(config(drawn), data(), host);
  }

  function data() {
    if (state.series.length === 0) return [[], []];
    const { x } = state.scales;
    const tables = state.series.map((one) => {
      const scale = state.scales[one.axis ?? "y"];
      return [one.steps.map(x.to), one.values.map((value) => (value === null ? null : scale.to(value)))];
    });
    return tables.length === 1 ? tables[0] : window.uPlot.join(tables);
  }

  function config(shown) {
    const two = state.series.some((one) => one.axis === "y2");
    return {
      width: Math.max(240, host.clientWidth || 600),
      height: options.height ?? 380,
      padding: [MARK_ROOM, two ? 0 : LABEL_ROOM, 0, 0],
      legend: { show: false },
      cursor: {
        drag: { x: true, y: false, setScale: false, dist: 8 },
        points: { size: 7 },
        focus: options.onFocus ? { prox: 24 } : undefined,
      },
      focus: options.onFocus ? { alpha: 0.25 } : undefined,
      scales: {
        x: { time: false, auto: false, range: () => xRange() },
        y: { range: (plot, low, high) => padded(low, high) },
        ...(two && { y2: { range: (plot, low, high) => padded(low, high) } }),
      },
      axes: [axis("x"), axis("y"), ...(two ? [axis("y2")] : [])],
      series: [{}, ...(state.series.length ? state.series.map((one, at) => line(one, () => shown.series[at])) : [{}])],
      bands: state.bands.map(([high, low], at) => ({ series: [high + 1, low + 1], fill: () => shown.bands[at][2]() })),
      hooks: {
        setSeries: [(plot, at) => options.onFocus?.(at ? state.series[at - 1].id : null)],
        draw: [(plot) => drawMarks(plot, state.marks, state.spans, state.scales.x.to)],
        setCursor: [(plot) => showValues(plot.cursor.idx)],
        setSelect: [(plot) => selected(plot)],
        ready: [(plot) => plot.over.addEventListener("dblclick", () => zoom(null))],
      },
    };
  }

  function xRange() {
    const { x } = state.scales;
    if (state.zoomed) return [x.to(state.zoomed.from), x.to(state.zoomed.to)];
    let [low, high] = [Infinity, -Infinity];
    for (const { steps } of state.series) {
      if (steps.length === 0) continue;
      low = Math.min(low, steps[0]);
      high = Math.max(high, steps[steps.length - 1]);
    }
    if (options.x?.last) high = Math.max(high, options.x.last());
    if (!(high > low)) return [x.to(0), x.to(Math.max(1, high))];
    return [x.to(low), x.to(high)];
  }

  function axis(name) {
    const scale = state.scales[name];
    const across = name === "x";
    const found = (plot, low, high) => ticks(scale, low, high, Math.max(2, Math.floor((across ? plot.bbox.width : plot.bbox.height) / (window.devicePixelRatio || 1) / (across ? 72 : 38))));
    const labelled = (plot, splits) => {
      const { min, max } = plot.scales[name];
      const major = new Set(found(plot, min, max).filter(({ text }) => text !== "").map(({ at }) => at));
      return splits.map((at) => (major.has(at) ? at : null));
    };
    return {
      scale: name,
      side: { x: 2, y: 3, y2: 1 }[name],
      label: options[name]?.label ?? (across ? "step" : ""),
      labelSize: 22,
      size: across ? 34 : 56,
      gap: 4,
      font: `12px ${cssVariable("--sans")}`,
      labelFont: `12px ${cssVariable("--sans")}`,
      stroke: () => cssVariable("--ink-soft"),
      grid: { show: name !== "y2", stroke: () => cssVariable("--grid"), width: 1, filter: labelled },
      ticks: { stroke: () => cssVariable("--line"), width: 1, size: 5 },
      splits: (plot, index, low, high) => found(plot, low, high).map(({ at }) => at),
      values: (plot, splits) => {
        const { min, max } = plot.scales[name];
        const texts = new Map(found(plot, min, max).map(({ at, text }) => [at, text]));
        return splits.map((at) => texts.get(at) ?? "");
      },
    };
  }

  function line(one, current) {
    return {
      label: one.label,
      scale: one.axis ?? "y",
      show: !state.hidden.has(one.id),
      // Other points of the same curve may come in another colour.
      stroke: () => colourOf(current()),
      width: one.width ?? 1.8,
      dash: one.dash ? [6, 4] : undefined,
      alpha: one.alpha ?? 1,
      spanGaps: false,
      points: { show: one.steps.length === 1, size: 6 },
    };
  }

  function selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const { from } = state.scales.x;
    const range = { from: Math.floor(from(plot.posToVal(left, "x"))), to: Math.ceil(from(plot.posToVal(left + width, "x"))) };
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (range.to > range.from) zoom(range);
  }

  function zoom(range) {
    state.zoomed = range;
    reset.hidden = range === null;
    if (range) host.dataset.zoom = `${range.from}-${range.to}`;
    else delete host.dataset.zoom;
    state.plot?.redraw(true, true);
    state.plot?.setData(data());
    options.onZoom?.(range);
  }

  /** Zooms to half of what is seen, around the values that are read or the middle. */
  function closer(plot) {
    const [low, high] = xRange();
    const middle = plot.data[0][plot.cursor.idx] ?? (low + high) / 2;
    const [from, to] = [middle - (high - low) / 4, middle + (high - low) / 4].map(state.scales.x.from);
    const range = { from: Math.round(Math.max(from, state.scales.x.from(low))), to: Math.round(Math.min(to, state.scales.x.from(high))) };
    if (range.to > range.from) zoom(range);
  }

  function showValues(at) {
    const { plot } = state;
    const found = plot && at !== null && at !== undefined ? plot.data[0][at] : undefined;
    if (found === undefined) {
      setText(readout, options.hint ?? "Drag to zoom in, double-click to see all; arrow keys read values, + zooms in.");
      for (const { cell, last } of values.values()) setText(cell, last());
      return;
    }
    const step = Math.round(state.scales.x.from(found));
    setText(readout, `step ${int(step)}`);
    state.series.forEach((one) => {
      const entry = values.get(one.id);
      if (entry) setText(entry.cell, num(valueAt(one, step)));
    });
  }

  function showLegend() {
    if (!legend) return;
    values.clear();
    fill(legend, state.series.map((one) => {
      const cell = h("span", { class: "curves-value" });
      const last = () => num(one.values[one.values.length - 1]);
      setText(cell, last());
      const swatch = h("span", { class: one.dash ? "swatch dashed" : "swatch", "aria-hidden": "true", style: { "--swatch": colourOf(one) } });
      values.set(one.id, { cell, last, swatch });
      const button = h("button", { type: "button", class: "quiet", "aria-pressed": String(!state.hidden.has(one.id)) }, swatch, one.label);
      button.addEventListener("click", () => toggle(one, button));
      return h("li", null, button, cell);
    }));
  }

  function toggle(one, button) {
    const shown = state.hidden.has(one.id);
    if (shown) state.hidden.delete(one.id);
    else state.hidden.add(one.id);
    button.setAttribute("aria-pressed", String(shown));
    state.plot.setSeries(state.series.findIndex(({ id }) => id === one.id) + 1, { show: shown });
  }

  function setSeries(series, bands = []) {
    const same = state.plot && shapeOf(series, bands) === shapeOf(state.series, state.bands);
    state.series = series;
    state.bands = bands;
    if (same) {
      Object.assign(drawn, { series, bands });
      state.plot.setData(data());
    } else build();
    if (same && legend) for (const one of series) {
      const entry = values.get(one.id);
      entry.last = () => num(one.values[one.values.length - 1]);
      entry.swatch.style.setProperty("--swatch", colourOf(one));
      if (state.plot.cursor.idx === null || state.plot.cursor.idx === undefined) setText(entry.cell, entry.last());
    }
    else showLegend();
    host.dataset.points = String(series.reduce((sum, one) => sum + one.steps.length, 0));
  }

  function setMarks(marks, spans = []) {
    state.marks = marks;
    state.spans = spans;
    host.dataset.marks = marks.map(({ text }) => text).join("; ");
    host.setAttribute("aria-label", [options.label, ...marks.map(({ text }) => text)].join(", "));
    state.plot?.redraw(false, false);
  }

  function setScales(kinds) {
    if (kinds.x) state.scales.x = stepScale(kinds.x);
    for (const name of ["y", "y2"]) if (kinds[name]) state.scales[name] = valueScale(kinds[name]);
    if (state.plot) build();
  }

  host.addEventListener("keydown", (event) => {
    const { plot } = state;
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
    if (event.key === "Escape") zoom(null);
    if (event.key === "+" && plot) closer(plot);
    if (!(event.key in moves) || !plot || plot.data[0].length === 0) return;
    event.preventDefault();
    const end = plot.data[0].length - 1;
    const at = Math.min(end, Math.max(0, (plot.cursor.idx ?? (moves[event.key] > 0 ? -1 : end + 1)) + moves[event.key]));
    plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: plot.over.clientHeight / 2 });
    readout.setAttribute("aria-live", "polite");
  });
  host.addEventListener("click", () => {
    const at = options.onPick && state.plot ? state.plot.series.findIndex((one, index) => index > 0 && one._focus) : -1;
    if (at > 0) options.onPick(state.series[at - 1].id);
  });

  // A ResizeObserver that changes what it observes within the same turn is an error of its own.
  let width = 0;
  const observer = new ResizeObserver(() => requestAnimationFrame(() => {
    if (!state.plot || host.clientWidth === width || host.clientWidth < 50) return;
    width = host.clientWidth;
    state.plot.setSize({ width, height: options.height ?? 380 });
  }));
  observer.observe(host);
  const unwatch = watchTheme(() => {
    if (state.plot) build();
    showLegend();
  });
  setText(readout, options.hint ?? "");

  return {
    setSeries, setMarks, setScales,
    destroy() {
      observer.disconnect();
      unwatch();
      state.plot?.destroy();
      // A frame that was asked for before comes still.
      state.plot = null;
      frame.remove();
    },
  };
}

/** What uPlot is told when it is made, and cannot learn later. */
function shapeOf(series, bands) {
  const lines = series.map(({ id, label, axis, dash, width, alpha, steps }) => [id, label, axis, dash, width, alpha, steps.length === 1]);
  return JSON.stringify([lines, bands.map(([high, low]) => [high, low])]);
}

function colourOf(one) {
  return typeof one.colour === "function" ? one.colour() : (one.colour ?? cssVariable("--ink"));
}

/** The value at the last recorded step that is not after `step`; null before the first. */
function valueAt(one, step) {
  let [low, high] = [0, one.steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (one.steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : one.values[low - 1];
}
