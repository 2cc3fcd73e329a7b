// One experiment: what it is, how far it is, what one may do with it; what its runs show is a view of its own below.

import { append, h } from "../dom.js";
import { mountSweep } from "./sweep.js";

export async function mount(root, { id }, ctx) {
  const experiment = await ctx.api.get(`/v1/experiments/${id}`);
  ctx.setTitle(experiment.name ?? id);
  const below = h("div", { class: "view" });
  append(root, [h("h1", null, experiment.name ?? id), below]);
  const sweep = mountSweep(below, { experiment }, ctx);
  return sweep.destroy;
}
