// Where a new experiment may start from: a worked example, a figure of the paper, an experiment, a kind of problem.

import { h } from "../dom.js";
import { titleOf, words } from "../format.js";
import { copy, same } from "./pointer.js";

const LATEST = 20;

/** The spec that a query of the address names: `{query, spec, from, digest?, whole?}`; `whole` has what `spec` leaves to defaults. */
export async function startOf(query, { ctx, schema, rules }) {
  if (query.figure) {
    const scale = query.scale === "paper" ? "paper" : "smoke";
    const figure = await ctx.api.get(`/v1/figures/${encodeURIComponent(query.figure)}`);
    return { query: { figure: figure.id, scale }, spec: copy(figure.spec[scale]), from: `figure ${figure.id} at ${scale} scale` };
  }
  if (query.from) {
    const made = await ctx.api.get(`/v1/experiments/${encodeURIComponent(query.from)}`);
    return { query: { from: made.id }, spec: schema.pruned(made.spec), from: titleOf(made), digest: made.digest, whole: copy(made.spec) };
  }
  const { problem } = query;
  if (rules.problems.includes(problem)) return { query: { problem }, spec: rules.blank(problem), from: `a blank ${words(problem)}` };
  const example = schema.examples.find(({ name }) => name === query.example) ?? schema.examples[0];
  return { query: example === schema.examples[0] ? {} : { example: example.name }, spec: copy(example), from: `the example ${example.name}` };
}

/** The chooser; `choose(query)` is called with what is to be loaded, `show(query)` tells what has been. */
export function startChooser({ ctx, schema, rules }, choose) {
  const select = h("select", { id: "form-start" });
  const group = (title, entries) => entries.length > 0
    && h("optgroup", { label: title }, entries.map(([text, query]) => h("option", { value: JSON.stringify(query) }, text)));
  const show = (figures, experiments) => select.replaceChildren(...[
    group("Worked examples", schema.examples.map(({ name }) => [name, { example: name }])),
    group("Figures of the paper, smoke scale", figures.map(({ id, title }) => [`${id}: ${title}`, { figure: id, scale: "smoke" }])),
    group("Figures of the paper, as published", figures.map(({ id, title }) => [`${id}: ${title}`, { figure: id, scale: "paper" }])),
    group("Latest experiments", experiments.map((one) => [titleOf(one), { from: one.id }])),
    group("Blank", rules.problems.map((problem) => [words(problem), { problem }])),
  ].filter(Boolean));
  let shown = {};
  function mark(query) {
    shown = query;
    const at = [...select.options].findIndex((option) => same(JSON.parse(option.value), Object.keys(query).length ? query : { example: schema.examples[0].name }));
    if (at >= 0) select.selectedIndex = at;
  }
  show([], []);
  ctx.attempt(async () => {
    const [figures, experiments] = await Promise.all([
      ctx.api.page("/v1/figures"), ctx.api.page("/v1/experiments", { query: { limit: LATEST } }),
    ]);
    show(figures.items, experiments.items);
    mark(shown);
  });
  const element = h("div", { class: "start" },
    h("label", { for: "form-start" }, "Start from"), select,
    h("button", { type: "button", on: { click: () => choose(JSON.parse(select.value)) } }, "Use it"));
  return { element, show: mark };
}
