// The claims of a figure: what is expected, and what the runs of an experiment show.

import { h } from "../dom.js";
import { int, num } from "../format.js";

const FEW = 3;

/** Claims as a table; those of a verdict also with what was measured, whether that passes, and the runs that say so. */
export function claimTable(claims, label) {
  const judged = claims.some((claim) => "passed" in claim);
  const heads = ["claim", "what", "expected", ...(judged ? ["measured", "verdict", "runs"] : [])];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: "claims" },
      h("thead", null, h("tr", null, heads.map((name) => h("th", { scope: "col", class: name === "measured" ? "number" : null }, name)))),
      h("tbody", null, claims.map((claim) => h("tr", { dataset: judged ? { passed: claim.passed } : {} },
        h("th", { scope: "row" }, claim.id),
        h("td", null, claim.claim),
        h("td", { class: "nowrap" }, claim.expected),
        judged && [
          h("td", { class: "number" }, num(claim.measured, 4)),
          h("td", null, mark(claim.passed), claim.note && h("p", { class: "soft" }, claim.note)),
          h("td", null, runLinks(claim.runs)),
        ])))));
}

/** Passed or failed, as a sign and a word. */
export function mark(passed) {
  return h("span", { class: `verdict ${passed ? "passed" : "failed"}` }, h("span", { "aria-hidden": "true" }, passed ? "✓ " : "✗ "), passed ? "passed" : "failed");
}

function runLinks(runs) {
  const link = (run) => h("a", { class: "mono", href: `#/runs/${run}`, "aria-label": `run ${run}` }, `…${run.slice(-6)}`);
  if (runs.length <= FEW) return h("span", { class: "row" }, runs.map(link));
  return h("details", null, h("summary", null, `${int(runs.length)} runs`), h("div", { class: "run-links" }, runs.map(link)));
}
