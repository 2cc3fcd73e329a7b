// One run.

import { append, h } from "../dom.js";

export async function mount(root, { id }, ctx) {
  const run = await ctx.api.get(`/v1/runs/${id}`);
  ctx.setTitle(id);
  append(root, [h("h1", null, run.id)]);
}
