// The claims of a figure: what is expected, and what the runs of an experiment show.

import { h } from "../dom.js";
import { int, num } from "../format.js";

const FEW = 3;
// As many as tell a number from the end of its range.
const DIGITS = 6;

/**
 * Claims as a table; those of a verdict also with what was measured, whether that passes, and the runs that say so.
 * `open`: runs go on, so that what has not passed has not failed yet.
 */
export function claimTable(claims, label, open = false) {
  const judged = claims.some((claim) => "passed" in claim);
  const heads = ["claim", "what", "expected", ...(judged ? ["measured", "verdict", "runs"] : [])];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: "claims" },
      h("thead", null, h("tr", null, heads.map((name) => h("th", { scope: "col", class: name === "measured" ? "number" : null }, name)))),
      h("tbody", null, claims.map((claim) => h("tr", { dataset: judged ? { passed: claim.passed } : {} },
        h("th", { scope: "row" }, claim.id),
        h("td", { class: "what" }, claim.claim),
        h("td", { class: "nowrap", dataset: { name: "expected" } }, claim.expected),
        judged && [
          h("td", { class: "number", dataset: { name: "measured" } }, num(claim.measured, DIGITS)),
          h("td", { class: "judged" }, mark(claim.passed, open), claim.note && h("p", { class: "soft" }, claim.note)),
          h("td", { class: "what" }, runLinks(claim.runs)),
        ])))));
}

/** Passed, failed, or open yet, as a sign and a word. */
export function mark(passed, open = false) {
  if (open && !passed) return h("span", { class: "verdict soft" }, "not yet");
  return h("span", { class: `verdict ${passed ? "passed" : "failed"}` }, h("span", { "aria-hidden": "true" }, passed ? "✓ " : "✗ "), passed ? "passed" : "failed");
}

function runLinks(runs) {
  const link = (run) => h("a", { class: "mono", href: `#/runs/${run}`, "aria-label": `run ${run}` }, `…${run.slice(-6)}`);
  if (runs.length <= FEW) return h("span", { class: "row" }, runs.map(link));
  return h("details", null, h("summary", null, `${int(runs.length)} runs`), h("div", { class: "run-links" }, runs.map(link)));
}
