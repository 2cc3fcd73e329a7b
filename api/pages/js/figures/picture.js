// The panels of a figure as the service draws them; the picture is asked for again when more runs have ended.

import { ApiError } from "../api.js";
import { fill, h } from "../dom.js";

/** A picture in `root`; `load(experiment, figure)` shows that of an experiment. Returns `{load, destroy}`. */
export function createPicture(root, ctx) {
  const holder = h("div", { class: "figure-picture" });
  root.append(holder);
  let address = null;
  let gone = false;

  function release() {
    if (address !== null) URL.revokeObjectURL(address);
    address = null;
  }

  async function load(experiment, figure) {
    const path = `/v1/experiments/${encodeURIComponent(experiment)}/plot.svg`;
    const query = { kind: "figure", figure };
    try {
      const blob = await ctx.api.blob(path, { query, accept: "image/svg+xml" });
      if (gone) return;
      release();
      address = URL.createObjectURL(blob);
      const save = h("button", { type: "button", class: "small", on: { click: () => ctx.attempt(() => ctx.api.download(path, `figure-${figure}.svg`, { query, accept: "image/svg+xml" })) } }, "Download SVG");
      fill(holder, h("img", { class: "picture", src: address, alt: `The panels of figure ${figure}` }), h("p", null, save));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      fill(holder, h("p", { class: "soft" }, `No picture: ${error.message}`));
    }
  }

  return {
    load,
    destroy() {
      gone = true;
      release();
    },
  };
}
