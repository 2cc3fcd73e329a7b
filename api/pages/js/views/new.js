// New experiment.

import { append, h } from "../dom.js";

export function mount(root, params, ctx) {
  ctx.setTitle("New experiment");
  append(root, [h("h1", null, "New experiment")]);
}
