// One experiment in the list.

import { fill, h, setText } from "../dom.js";
import { ago, int, time, titleOf, words } from "../format.js";
import { menu } from "../menu.js";
import { progressBar, progressText, stateChip } from "../parts.js";

const OUTCOMES = ["grokked", "generalised_at_once", "memorised_only", "never_memorised", "diverged"];

/** A row as `keyed` wants it; `actions(experiment)` gives the entries of its menu, `byTag(tag)` filters. */
export function experimentRow(first, ctx, { actions, byTag }) {
  let now = first;
  const link = h("a", { href: `#/experiments/${first.id}`, class: "name" });
  const tags = h("div", { class: "row tags" }, first.tags.map((tag) =>
    h("button", { type: "button", class: "chip", title: `only those tagged ${tag}`, on: { click: () => byTag(tag) } }, tag)));
  const state = stateChip(first.state);
  const bar = progressBar(`progress of ${titleOf(first)}`);
  const outcomes = h("div", { class: "outcomes" });
  const made = h("time", { datetime: first.created_at, title: time(first.created_at, true) });
  const element = h("tr", null,
    h("th", { scope: "row" }, link, h("div", { class: "soft" }, about(first)), tags),
    h("td", { "data-label": "State" }, state.element),
    h("td", { "data-label": "Progress" }, bar.element),
    h("td", { "data-label": "Outcomes" }, outcomes),
    h("td", { "data-label": "Made" }, made),
    h("td", { class: "end" }, menu(`Actions for ${titleOf(first)}`, () => actions(now))));

  function update(experiment) {
    now = experiment;
    setText(link, titleOf(experiment));
    state.update(experiment.state);
    bar.update({ state: experiment.state, progress: experiment.progress, text: progressText(experiment) });
    setText(made, ago(experiment.created_at));
    fill(outcomes, outcomeList(experiment));
  }

  update(first);
  return { element, update };
}

/** What all runs have in common; what a sweep varies is no such thing. */
function about({ problem, spec, links }) {
  const swept = (spec.sweep?.axes ?? []).flatMap(({ path, paths }) => paths ?? [path]);
  const same = (pointer) => !swept.some((path) => pointer === path || pointer.startsWith(`${path}/`));
  return [
    links.refines && "a refinement", same("/problem/kind") && words(problem), same("/optimizer/kind") && words(spec.optimizer?.kind),
    typeof spec.steps === "number" && same("/steps") && `${int(spec.steps)} steps`,
  ].filter(Boolean).join(" · ");
}

/** How many runs ended how: `11 grokked, 1 memorised only`, and how many failed. */
export function outcomeList({ outcomes, counts }) {
  const found = OUTCOMES.filter((name) => outcomes[name]).map((name) => [name, outcomes[name]]);
  if (counts.failed) found.push(["failed", counts.failed]);
  return found.map(([name, n]) => h("span", { class: "outcome", dataset: { outcome: name } }, h("b", null, int(n)), ` ${words(name)}`));
}
