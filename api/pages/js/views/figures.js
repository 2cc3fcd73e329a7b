// Figures.

import { append, h } from "../dom.js";

export function mount(root, params, ctx) {
  ctx.setTitle("Figures");
  append(root, [h("h1", null, "Figures")]);
}
