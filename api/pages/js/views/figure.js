// Figure.

import { append, h } from "../dom.js";

export function mount(root, params, ctx) {
  ctx.setTitle("Figure");
  append(root, [h("h1", null, "Figure")]);
}
