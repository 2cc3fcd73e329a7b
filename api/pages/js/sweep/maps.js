// Two maps of a sweep over the same two axes: a median in every cell, and how most of its runs ended.

import { ramp } from "../charts/colours.js";
import { ticks, valueScale } from "../charts/scales.js";
import { fill, h, setText } from "../dom.js";
import { axisValue, int, num, runs, words } from "../format.js";
import { latest } from "../pace.js";
import { theme, watchTheme } from "../theme.js";
import { axesOf, extent, keyOf, spreadsWide } from "./axes.js";
import { choice, filters } from "./controls.js";
import { standIns } from "./places.js";
import { createPlane } from "./plane.js";

const STEPS = [["t2", "t2"], ["delay", "delay"], ["t1", "t1"], ["ratio", "delay / theory"]];
const OUTCOMES = {
  light: { grokked: "#0072b2", generalised_at_once: "#56b4e9", memorised_only: "#e69f00", never_memorised: "#c4c4c4", diverged: "#444444" },
  dark: { grokked: "#3a96d6", generalised_at_once: "#a6dcff", memorised_only: "#e69f00", never_memorised: "#8a8f96", diverged: "#e4e8ee" },
};

/**
 * Maps in `root`. `metrics()`: names of final values; `valuesOf(path)`: known values of an axis, `ownOf(path)`: those that
 * no refinement has added; `open(belongs, title)` is called with a chosen cell, `family(ids)` with the experiments whose
 * runs are shown. Returns `{ask, update, rowsKnown, destroy}`; `ask()` resolves once they are drawn.
 */
export function mountMaps(root, { experiment, metrics, valuesOf, ownOf, open, family }, ctx) {
  const axes = axesOf(experiment.spec);
  const path = `/v1/experiments/${encodeURIComponent(experiment.id)}/analysis`;
  const state = { x: axes[0].path, y: axes[1]?.path ?? null, value: "t2", at: new Map() };
  const nameOf = (pointer) => axes.find((axis) => axis.path === pointer)?.name ?? "";
  const matrix = mapPanel("matrix");
  const phase = mapPanel("outcomes");
  const value = choice("Value", STEPS, state.value, (chosen) => {
    state.value = chosen;
    // How runs ended is another question, and answered already.
    ask(answers?.outcomes);
  });
  matrix.head.append(value.element);
  root.append(matrix.element, phase.element);
  const planes = {
    matrix: createPlane(matrix.body, { label: "matrix of medians", hint: "Point at a cell, or move with the arrow keys; Enter opens its runs." }),
    phase: createPlane(phase.body, { label: "map of outcomes", hint: "The outcome of most runs of each cell." }),
  };
  matrix.body.append(matrix.legend);
  phase.body.append(phase.legend);
  let answers = null;

  function mapPanel(name) {
    const title = h("h2", null);
    const head = h("div", { class: "panel-head" }, title);
    const body = h("div", { class: "plane-body" });
    return { title, head, body, legend: h("div", { class: "plane-legend" }), element: h("section", { class: "panel", "aria-label": name }, head, body) };
  }

  const options = axes.map((axis) => [axis.path, axis.name]);
  const columns = choice("Columns", options, state.x, (chosen) => turn(chosen, chosen === state.y ? state.x : state.y));
  const rows = choice("Rows", options, state.y, (chosen) => turn(chosen === state.x ? state.y : state.x, chosen));
  const others = filters(state.at, () => ask());
  if (axes.length > 1) phase.head.append(h("div", { class: "row" }, columns.element, rows.element, others.element));

  function turn(x, y) {
    Object.assign(state, { x, y });
    state.at.delete(x);
    state.at.delete(y);
    columns.set(x);
    rows.set(y);
    ask();
  }

  const { ask, update } = latest(async (current, known = null) => {
    const at = [...state.at].map(([pointer, value]) => `${pointer}=${value}`);
    others.offer(axes.filter((axis) => axis.path !== state.x && axis.path !== state.y), valuesOf);
    const query = { x: state.x, y: state.y, at };
    const asked = { ...state, at: new Map(state.at) };
    const [medians, outcomes] = await Promise.all([
      ctx.api.get(`${path}/matrix`, { query: { ...query, value: state.value } }),
      known ?? ctx.api.get(`${path}/phase`, { query }),
    ]);
    if (!current()) return;
    answers = { asked, medians, outcomes };
    family(medians.experiments);
    const names = [...STEPS, ...metrics().map((name) => [name, `${words(name)}, last`])];
    if (names.length !== value.count()) value.offer(names);
    draw();
  }, ctx);

  function draw() {
    if (!answers) return;
    const { asked, medians, outcomes } = answers;
    const over = [nameOf(asked.x), nameOf(asked.y)].filter(Boolean).join(" and ");
    const told = STEPS.find(([name]) => name === asked.value)?.[1] ?? words(asked.value);
    setText(matrix.title, `Median ${told}`);
    setText(phase.title, axes.length > 1 ? "How runs end" : `How runs end over ${over}`);
    planes.matrix.show({ ...common(medians, asked), ...colouring(medians) });
    planes.phase.show({ ...common(outcomes, asked), ...labelling(outcomes) });
    matrix.element.dataset.shown = `${asked.value} ${asked.x} ${asked.y ?? ""}`.trim();
  }

  function common(answer, asked) {
    const columns = answer.x.length;
    const placeOf = (cell) => [answer.x[cell % columns], answer.y[Math.floor(cell / columns)]];
    const where = (cell) => [asked.x, asked.y].map((pointer, i) => pointer && `${nameOf(pointer)} ${axisValue(placeOf(cell)[i])}`).filter(Boolean).join(", ");
    const [x, y] = [{ values: answer.x, spacing: answer.axes.x.spacing }, { values: answer.y, spacing: answer.axes.y.spacing }];
    return {
      x,
      y,
      xName: nameOf(asked.x),
      yName: nameOf(asked.y),
      standIn: refined(answer) ? standIns(answer.n.flat().map((n) => n > 0), ownRows(answer, asked), x, y) : null,
      where,
      pick(cell) {
        const [x, y] = placeOf(cell);
        const wanted = [[asked.x, x], ...(asked.y ? [[asked.y, y]] : []), ...[...asked.at].map(([pointer, text]) => [pointer, JSON.parse(text)])].map(([pointer, one]) => [pointer, keyOf(one)]);
        open((row) => wanted.every(([pointer, key]) => keyOf(row.axes[pointer]) === key), where(cell));
      },
    };
  }

  const refined = ({ experiments }) => experiments.length > 1;

  /** Of each row of a map whether the first sweep has it. */
  function ownRows(answer, asked) {
    const own = new Set(asked.y ? ownOf(asked.y).map(keyOf) : [null]);
    return answer.y.map((value) => own.has(keyOf(value)));
  }

  /** Colours of medians, with a bar; those that half of the runs or more do not reach are hatched. */
  function colouring(answer) {
    const values = answer.values.flat();
    const [k, n] = [answer.k.flat(), answer.n.flat()];
    const found = values.filter((one) => one !== null);
    const log = found.length > 0 && spreadsWide(found);
    const scale = valueScale(log ? "log" : "linear");
    const [low, high] = found.length ? extent(found).map(scale.to) : [0, 1];
    const share = (one) => (high > low ? (scale.to(one) - low) / (high - low) : 0.5);
    const missing = values.some((one, at) => one === null && n[at] > 0);
    const told = ticks(scale, low, high, 5).filter(({ text }) => text !== "");
    const { where } = common(answer, answers.asked);
    fill(matrix.legend,
      found.length > 0 && h("div", { class: "sweep-bar", "aria-hidden": "true" }, h("div", { class: "sweep-bar-scale" },
        h("div", { class: "sweep-bar-colours", style: { background: `linear-gradient(to right, ${Array.from({ length: 11 }, (_, at) => ramp(at / 10)).join(", ")})` } }),
        h("div", { class: "sweep-bar-ticks" }, told.length > 1
          ? told.map(({ at, text }) => h("span", { style: { left: `${100 * (at - low) / (high - low)}%` } }, text))
          : [...new Set([low, high])].map((at, i) => h("span", { style: { left: `${100 * i}%` } }, num(scale.from(at))))))),
      missing && h("span", { class: "sweep-key" }, h("span", { class: "sweep-swatch hatched", "aria-hidden": "true" }), "half of the runs or more without it"));
    return {
      fill: (cell) => (n[cell] === 0 ? null : values[cell] === null ? "hatched" : ramp(share(values[cell]))),
      text: (cell) => (values[cell] === null ? "" : num(values[cell])),
      describe: (cell) => `${where(cell)}: ${n[cell] === 0 ? `no run ${answers.asked.value === "ratio" ? "that theory speaks of " : ""}has ended yet`
        : `${values[cell] === null ? "no median" : `median ${num(values[cell], 4)}`}, ${int(k[cell])} of ${runs(n[cell])} with it`}`,
    };
  }

  function labelling(answer) {
    const labels = answer.labels.flat();
    const [k, n] = [answer.k.flat(), answer.n.flat()];
    const colours = OUTCOMES[theme()];
    const count = (name) => answer.counts[name].flat().reduce((sum, one) => sum + one, 0);
    const { where } = common(answer, answers.asked);
    fill(phase.legend, Object.keys(colours).filter((name) => name in answer.counts).map((name) => h("span", { class: "sweep-key" },
      h("span", { class: "sweep-swatch", "aria-hidden": "true", style: { background: colours[name] } }), `${words(name)} ${int(count(name))}`)),
    answer.boundaries.length > 0 && h("span", { class: "sweep-key" }, h("span", { class: "sweep-line", "aria-hidden": "true" }), "boundary"));
    phase.element.dataset.boundaries = String(answer.boundaries.length);
    return {
      boundaries: answer.boundaries.map(({ points }) => points),
      fill: (cell) => (labels[cell] === null ? null : colours[labels[cell]]),
      text: (cell) => (labels[cell] !== null && k[cell] < n[cell] ? `${k[cell]}/${n[cell]}` : ""),
      describe: (cell) => `${where(cell)}: ${labels[cell] === null ? "no run has ended yet" : `${words(labels[cell])}, ${int(k[cell])} of ${runs(n[cell])}`}`,
    };
  }

  const unwatch = watchTheme(draw);
  return {
    ask,
    update,
    rowsKnown: () => answers && refined(answers.outcomes) && draw(),
    destroy() {
      unwatch();
      for (const plane of Object.values(planes)) plane.destroy();
    },
  };
}
