// One experiment: what it is, how far it is, what one may do with it; what its runs show stands below.

import { experimentActions, unfinished } from "../actions.js";
import { append, fill, h, setText } from "../dom.js";
import { duration, runs, time, titleOf, words } from "../format.js";
import { outcomeList } from "../list/row.js";
import { menu } from "../menu.js";
import { renewed } from "../pace.js";
import { progressBar, progressText, stateChip } from "../parts.js";
import { mountRun } from "../run/body.js";
import { totalOf } from "../states.js";
import { mountSweep } from "./sweep.js";

export async function mount(root, { id }, ctx) {
  const path = `/v1/experiments/${encodeURIComponent(id)}`;
  let experiment = await ctx.api.get(path);
  const name = titleOf(experiment);
  ctx.setTitle(name);
  const many = totalOf(experiment) > 1;
  const head = header(experiment, ctx, took, many);
  const below = h("div", { class: "view" });
  append(root, [head.element, below]);
  head.update(experiment);
  let shown = {};
  let stream = null;

  function took(answer) {
    if (answer === null) return ctx.navigate("/experiments");
    update(answer);
    return resume();
  }

  function update(next) {
    experiment = next;
    head.update(experiment);
    shown.update?.(experiment);
  }

  const look = renewed(async () => {
    const going = unfinished(experiment);
    try {
      update(await ctx.api.get(path));
    } catch (error) {
      if (error.status !== 404) throw error;
      gone();
    }
    // What had ended may have been retried or extended in another tab.
    if (going === 0 && unfinished(experiment) > 0) resume();
  }, ctx);

  const resume = () => shown.restart?.() ?? follow();

  function follow() {
    stream?.close();
    stream = ctx.follow(`${path}/stream`, {
      history: false,
      onOpen(again) {
        if (again) look().then(() => shown.again?.());
      },
      on: {
        progress(now) {
          // Outcomes come with the experiment alone.
          if (JSON.stringify(now.counts) !== JSON.stringify(experiment.counts)) return look();
          return update({ ...experiment, state: now.state, progress: now.progress, eta_seconds: now.eta_seconds });
        },
        points: (event) => shown.points?.(event),
        end: ({ reason }) => (reason === "deleted" ? gone() : look()),
      },
    });
  }

  function gone() {
    ctx.announce([h("bdi", null, name), " was deleted"]);
    ctx.navigate("/experiments");
  }

  const seen = () => !document.hidden && look();
  document.addEventListener("visibilitychange", seen);
  ctx.onLeave(() => document.removeEventListener("visibilitychange", seen));
  if (many) {
    shown = mountSweep(below, { experiment }, ctx);
    follow();
  } else {
    // A lone run's own stream tells of its experiment, too.
    const { items } = await ctx.api.page(`${path}/runs`);
    shown = await mountRun(below, items[0], ctx, { alone: true, onRun: look, onGone: gone });
  }
  return () => shown.destroy?.();
}

/** `many`: with the progress and the outcomes of all runs; a lone one tells its own. */
function header(first, ctx, took, many) {
  let now = first;
  const state = stateChip(first.state);
  const bar = progressBar("progress");
  const outcomes = h("div", { class: "outcomes row" });
  const line = h("p", { class: "soft" });
  const refines = first.links.refines?.split("/").pop();
  const figure = first.tags.find((tag) => tag.startsWith("figure:"))?.slice("figure:".length);
  const element = h("div", { class: "panel" },
    h("div", { class: "view-head" },
      h("div", null,
        h("div", { class: "crumbs" }, h("a", { href: "#/experiments" }, "Experiments"), " /"),
        h("h1", null, titleOf(first))),
      h("div", { class: "row" }, state.element, menu("Actions for this experiment", () => experimentActions(now, ctx, took)))),
    h("div", { class: "row tags" }, first.tags.map((tag) => h("a", { class: "chip", href: ctx.href("/experiments", { tag }) }, tag)),
      figure && h("a", { href: `#/figures/${encodeURIComponent(figure)}` }, `figure ${figure} and its verdict`),
      refines && h("a", { href: `#/experiments/${refines}` }, "refines an earlier one")),
    line, many && bar.element, many && outcomes);
  return {
    element,
    update(experiment) {
      now = experiment;
      state.update(experiment.state);
      bar.update({ state: experiment.state, progress: experiment.progress, text: progressText(experiment) });
      fill(outcomes, outcomeList(experiment));
      const took = experiment.finished_at ? (new Date(experiment.finished_at) - new Date(experiment.created_at)) / 1000 : null;
      setText(line, [words(experiment.problem), runs(totalOf(experiment)), `made ${time(experiment.created_at)}`,
        took !== null && took >= 1 && `ended after ${duration(took)}`].filter(Boolean).join(" · "));
    },
  };
}
