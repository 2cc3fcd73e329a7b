// One run on a page of its own.

import { append, h, setText } from "../dom.js";
import { axisName, axisValue, titleOf } from "../format.js";
import { mountRun } from "../run/body.js";

export async function mount(root, { id }, ctx) {
  const run = await ctx.api.get(`/v1/runs/${encodeURIComponent(id)}`);
  const heading = h("h1", null, placeOf(run));
  const above = h("a", { href: `#/experiments/${run.experiment_id}` }, "experiment");
  append(root, [h("div", null, h("div", { class: "crumbs" }, h("a", { href: "#/experiments" }, "Experiments"), " / ", above, " /"), heading)]);
  ctx.setTitle(placeOf(run));
  await mountRun(root, run, ctx, { onGone });
  const experiment = await ctx.api.get(`/v1/experiments/${run.experiment_id}`);
  setText(above, titleOf(experiment));

  function onGone() {
    ctx.announce("The experiment of this run was deleted");
    ctx.navigate("/experiments");
  }
}

/** What sets a run apart from the others of its experiment. */
function placeOf(run) {
  const axes = Object.entries(run.axes).map(([pointer, value]) => `${axisName(pointer)} = ${axisValue(value)}`);
  return [...axes, `seed ${run.seed}`].join(", ");
}
