// The list of experiments.

import { append, h } from "../dom.js";

export async function mount(root, params, ctx) {
  ctx.setTitle("Experiments");
  const { items } = await ctx.api.page("/v1/experiments");
  append(root, [h("h1", null, "Experiments"), h("ul", null, items.map((item) => h("li", null, h("a", { href: `#/experiments/${item.id}` }, item.name ?? item.id))))]);
}
