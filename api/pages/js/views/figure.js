// One figure of the paper: its panels and claims, its experiments, their picture and verdict.

import { ApiError, Unreachable, isAbort } from "../api.js";
import { append, fill, h, setText } from "../dom.js";
import { confirmAction } from "../dialogs.js";
import { claimTable, mark } from "../figures/verdict.js";
import { createPicture } from "../figures/picture.js";
import { ago, duration, int, runs, titleOf, words } from "../format.js";
import { paced } from "../pace.js";
import { progressBar, progressText, stateChip } from "../parts.js";
import { isOver } from "../states.js";
import { choice } from "../sweep/controls.js";

const SCALES = [["smoke", "within a minute"], ["paper", "as published"]];
const LISTED = 20;

export async function mount(root, { id }, ctx) {
  const path = `/v1/figures/${encodeURIComponent(id)}`;
  const [figure, made] = await Promise.all([
    ctx.api.get(path),
    ctx.api.page("/v1/experiments", { query: { tag: `figure:${id}`, limit: LISTED } }),
  ]);
  ctx.setTitle(`Figure ${id}`);
  const experiments = made.items;
  const tries = h("div", { class: "row" }, SCALES.map(([scale]) =>
    h("button", { type: "button", class: scale === "smoke" ? "primary" : null, on: { click: () => start(scale) } }, `Run at ${scale} scale`)),
  h("a", { class: "button", href: ctx.href("/new", { figure: id }) }, "Change it first"));
  const costs = h("p", { class: "soft" });
  const shown = h("section", { class: "panel", "aria-label": "verdict", hidden: true });
  const claims = h("section", { class: "panel", "aria-label": "claims" }, h("h2", null, "Claims"),
    SCALES.map(([scale, meaning]) => {
      const some = figure.claims.filter((claim) => claim.scale === scale);
      return some.length > 0 && h("details", { open: scale === "smoke" }, h("summary", null, `at ${scale} scale, ${meaning}: ${int(some.length)}`), claimTable(some, `claims at ${scale} scale`));
    }));
  append(root, [
    h("div", { class: "panel" },
      h("div", { class: "crumbs" }, h("a", { href: "#/figures" }, "Figures"), " /"),
      h("h1", null, `Figure ${id}: ${figure.title}`),
      h("ul", { class: "figure-panels" }, figure.panels.map((panel) => h("li", null, h("b", null, panel.id), " ", plain(panel.title),
        h("span", { class: "soft" }, `, ${words(panel.kind)}${panel.scales.length < SCALES.length ? `, at ${panel.scales.join(", ")} scale` : ""}`)))),
      tries, costs),
    shown, claims,
  ]);
  const told = tellCosts().catch((error) => {
    // Who may only look is told so where the costs would be.
    if (error instanceof ApiError || error instanceof Unreachable) setText(costs, error.message);
    else if (!isAbort(error)) throw error;
  });

  /** What both scales would take, by a dry run; nothing where runs are there already. */
  async function tellCosts() {
    setText(costs, (await Promise.all(SCALES.map(costOf))).join(" · "));
  }

  async function costOf([scale]) {
    const plan = await ctx.api.post("/v1/experiments", figure.spec[scale], { query: { dry_run: true } });
    const left = plan.cells - plan.reused;
    return `${scale}: ${runs(plan.cells)}${plan.reused > 0 ? `, ${left === 0 ? "all" : int(plan.reused)} of them trained before` : ""}${left > 0 ? `, about ${duration(plan.cost.seconds)} on one core` : ""}`;
  }

  async function start(scale) {
    const submit = async () => {
      const experiment = await ctx.api.post(`${path}/experiments`, undefined, { query: { scale } });
      experiments.unshift(experiment);
      ctx.announce(`figure ${id} is submitted at ${scale} scale`);
      open(experiment);
    };
    if (scale === "smoke") return ctx.attempt(submit);
    await told;
    if (ctx.signal.aborted) return null;
    return confirmAction({ title: `Figure ${id} at paper scale`, text: `The published grids and numbers of steps. ${costs.textContent}`, label: "Run it", act: submit });
  }

  let close = () => {};

  /** Shows one experiment of the figure, and follows it until it has ended. */
  function open(experiment) {
    close();
    ctx.navigate(ctx.href(`/figures/${id}`, { experiment: experiment.id }).slice(1), { silent: true });
    const view = judged(experiment);
    close = view.close;
  }

  function judged(first) {
    let now = first;
    const chip = stateChip(now.state);
    const bar = progressBar("progress of the experiment");
    const title = h("h2", null, "Verdict");
    const table = h("div", { "aria-live": "polite" });
    const select = choice("Experiment", experiments.map((one) => [one.id, `${scaleOf(one)}, ${ago(one.created_at)}`]), now.id, (chosen) => open(experiments.find((one) => one.id === chosen)));
    const link = h("a", { href: `#/experiments/${now.id}` }, "all its runs");
    fill(shown, h("div", { class: "panel-head" }, title, h("div", { class: "row" }, select.element, chip.element, link)), bar.element, table);
    shown.hidden = false;
    delete shown.dataset.passed;
    const picture = createPicture(shown, ctx);

    const look = paced(async () => {
      const verdict = await ctx.api.get(`${path}/verdict`, { query: { experiment: now.id } });
      if (closed) return;
      const goesOn = !isOver(now.state);
      fill(title, `Verdict at ${verdict.scale} scale `, mark(verdict.passed, goesOn));
      fill(table, claimTable(verdict.claims, "verdict on each claim", goesOn));
      shown.dataset.passed = String(verdict.passed);
      for (const one of claims.querySelectorAll("details")) one.open = false;
      if (now.counts.succeeded > 0) await picture.load(now.id, id);
    }, ctx, 3000);

    function update(next) {
      const counted = next.counts.succeeded !== now.counts.succeeded || next.state !== now.state;
      now = next;
      chip.update(now.state);
      bar.update({ state: now.state, progress: now.progress, text: progressText(now) });
      bar.element.hidden = now.state === "succeeded";
      shown.dataset.state = now.state;
      if (counted) look();
    }

    let closed = false;
    update(now);
    look();
    const again = () => ctx.attempt(async () => update(await ctx.api.get(`/v1/experiments/${encodeURIComponent(first.id)}`)));
    function gone() {
      ctx.announce("The experiment that was shown here was deleted");
      ctx.navigate(`/figures/${id}`);
    }
    const stream = ctx.follow(`/v1/experiments/${encodeURIComponent(first.id)}/stream`, {
      history: false,
      onOpen: again,
      on: { progress: (event) => update({ ...now, ...event }), end: ({ reason }) => (reason === "deleted" ? gone() : again()) },
    });
    return {
      close() {
        closed = true;
        stream.close();
        picture.destroy();
      },
    };
  }

  const wanted = ctx.query.experiment;
  if (wanted && !experiments.some((one) => one.id === wanted)) experiments.unshift(await ctx.api.get(`/v1/experiments/${encodeURIComponent(wanted)}`));
  const first = experiments.find((one) => one.id === wanted) ?? experiments[0];
  if (first) open(first);
  return () => close();
}

function scaleOf(experiment) {
  return experiment.tags.find((tag) => tag.startsWith("scale:"))?.slice("scale:".length) ?? titleOf(experiment);
}

/** A title without the dollars around its formulas. */
function plain(title) {
  return title.replaceAll("$", "").replace(/\\([a-z]+)/g, "$1");
}
