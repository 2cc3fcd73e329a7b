// What made the numbers of a run.

import { fill, h } from "../dom.js";
import { axisValue, time, words } from "../format.js";
import { facts } from "../parts.js";

/** `{element, update(run)}`. */
export function runProvenance() {
  const made = h("div");
  return {
    element: h("section", { class: "panel", "aria-label": "provenance" }, h("h2", null, "Provenance"), made),
    update(run) {
      const told = Object.entries(run.provenance ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
      fill(made, facts([
        ["run", h("code", null, run.id)],
        ["digest", h("code", null, run.digest)],
        ["taken over from", run.source_run && h("a", { href: `#/runs/${run.source_run}` }, run.source_run)],
        ["made", time(run.created_at, true)],
        ["started", run.started_at && time(run.started_at, true)],
        ["ended", run.finished_at && time(run.finished_at, true)],
        ["attempt", run.attempt],
        ...told.map(([name, value]) => [words(name), axisValue(value)]),
      ]));
    },
  };
}
