// The state of a run, and its times: t1, t2, delay and theory.

import { runActions } from "../actions.js";
import { fill, h, setText } from "../dom.js";
import { duration, int, num, percent, words } from "../format.js";
import { menu } from "../menu.js";
import { progressBar, stateChip } from "../parts.js";

const STATUS = { censored: "not seen", never_memorised: "never memorised" };

/** `{element, update(run, analysis), progress(event)}`. */
export function runHead(first, ctx, { alone, took }) {
  let now = first;
  const state = stateChip(first.state);
  const outcome = h("span", { class: "chip", hidden: true });
  const bar = progressBar("progress of this run");
  const tiles = h("div", { class: "tiles", role: "group", "aria-label": "times of this run" });
  const trouble = h("p", { class: "error", hidden: true });
  const element = h("div", { class: "panel run-head" },
    h("div", { class: "view-head" },
      h("div", { class: "row" }, alone ? h("h2", null, "Run") : state.element, outcome),
      menu("Actions for this run", () => runActions(now, ctx, took), { text: "Run" })),
    bar.element, trouble, tiles);

  function progress({ state: is, step, steps, steps_per_second: speed }) {
    const share = is === "succeeded" ? 1 : step / steps;
    const left = is === "running" && speed ? `${duration((steps - step) / speed)} left` : null;
    const text = [percent(share), `step ${int(step)} of ${int(steps)}`, speed && is === "running" ? `${int(Math.round(speed))} steps/s` : null, left];
    bar.update({ state: is, progress: share, text: text.filter(Boolean).join(" · ") });
  }

  return {
    element,
    progress,
    update(run, analysis) {
      now = run;
      state.update(run.state);
      outcome.hidden = run.outcome === null;
      outcome.dataset.outcome = run.outcome ?? "";
      setText(outcome, words(run.outcome));
      trouble.hidden = run.cause === null;
      setText(trouble, [words(run.cause), run.message].filter(Boolean).join(": "));
      progress(run);
      fill(tiles, times(run, analysis).map(([name, value, note]) =>
        h("div", { class: "tile", dataset: { tile: name } }, h("div", { class: "soft" }, name), h("div", { class: "big" }, value), h("div", { class: "soft" }, note))));
    },
  };
}

function times(run, analysis) {
  const theory = analysis?.theory ?? {};
  const found = [
    ["t1", crossing(run.t1, analysis?.t1, run), "memorised: train"],
    ["t2", crossing(run.t2, analysis?.t2, run), "generalised: test"],
    ["delay", int(run.delay), "t2 − t1"],
  ];
  if (typeof theory.delay === "number") found.push(["theory delay", num(Math.round(theory.delay)), theory.in_regime === false ? "outside its regime" : "predicted"]);
  if (typeof theory.ratio === "number") found.push(["ratio", num(theory.ratio), "measured / theory"]);
  for (const [metric, text] of [["train", "train at the end"], ["test", "test at the end"]]) {
    const name = analysis?.detector?.[`${metric}_metric`];
    if (name && run.final[name] !== undefined) found.push([name.replaceAll("_", " "), run.nonfinite?.[name] ?? num(run.final[name]), text]);
  }
  return found;
}

function crossing(step, said, run) {
  if (step !== null) return int(step);
  return run.state === "succeeded" ? (STATUS[said?.status] ?? "not seen") : "–";
}
