// What can be taken away of a run: series, picture, files.

import { fill, h } from "../dom.js";
import { bytes } from "../format.js";

const FORMS = [
  ["CSV", "series", "text/csv", "csv", "every scalar metric, all points"],
  ["Parquet", "series", "application/vnd.apache.parquet", "parquet", "the same as a table"],
  ["SVG", "plot.svg", "image/svg+xml", "svg", "the picture that a paper would show"],
  ["PNG", "plot.png", "image/png", "png", "the same, 300 dots an inch"],
];

/** `{element, update(run)}`. */
export function runFiles(first, ctx) {
  const path = `/v1/runs/${first.id}`;
  const files = h("ul", { class: "files" });
  let known = null;
  const element = h("section", { class: "panel", "aria-label": "downloads" }, h("h2", null, "Downloads"),
    h("ul", { class: "files" }, FORMS.map(([label, part, accept, ending, text]) =>
      h("li", null, saver(label, `${path}/${part}`, `${first.id}.${ending}`, accept), " ", h("span", { class: "soft" }, text)))),
    files);

  function saver(label, from, name, accept) {
    const button = h("button", { type: "button", class: "small" }, label);
    button.addEventListener("click", async () => {
      button.disabled = true;
      await ctx.attempt(() => ctx.api.download(from, name, { accept }));
      button.disabled = false;
    });
    return button;
  }

  async function list() {
    const { items } = await ctx.api.get(`${path}/artifacts`);
    fill(files, items.map(({ name, bytes: size, description, links }) =>
      h("li", null, saver(name, links.self, `${first.id}.${name}`), " ", h("span", { class: "soft" }, [description, size === null ? null : bytes(size)].filter(Boolean).join(", ")))));
  }

  return {
    element,
    update(run) {
      // Checkpoints come and go while it trains; what can be taken is told at changes of state.
      if (known === run.state) return undefined;
      known = run.state;
      return ctx.attempt(list);
    },
  };
}
