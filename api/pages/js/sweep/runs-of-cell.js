// What opens when a cell or a point is chosen: its run, or a list where there are several.

import { openDialog } from "../dialogs.js";
import { h } from "../dom.js";
import { int, words } from "../format.js";

const MOST = 200;

/** Goes to the only one of these rows, or lists them under `title`; each is told as `name(row)`. */
export function openRuns(rows, title, name, ctx) {
  if (rows.length === 0) return ctx.announce("no run of this cell is known yet");
  if (rows.length === 1) return ctx.navigate(`/runs/${rows[0].run}`);
  const listed = rows.slice(0, MOST);
  // A link leaves the view, and the dialog with it.
  const leave = (event) => event.currentTarget.closest("dialog").dispatchEvent(new Event("cancel", { cancelable: true }));
  return openDialog({
    title: `${int(rows.length)} runs`,
    body: [
      h("p", { class: "soft" }, title),
      h("div", { class: "scroll cell-runs", tabindex: "0", role: "region", "aria-label": "runs of the cell" },
        h("table", null,
          h("thead", null, h("tr", null, ["run", "ended", "t1", "t2"].map((text, at) => h("th", { scope: "col", class: at > 1 ? "number" : null }, text)))),
          h("tbody", null, listed.map((row) => h("tr", null,
            h("th", { scope: "row" }, h("a", { href: `#/runs/${row.run}`, on: { click: leave } }, name(row))),
            h("td", null, words(row.outcome ?? row.state)),
            h("td", { class: "number" }, int(row.t1)),
            h("td", { class: "number" }, int(row.t2))))))),
      rows.length > MOST && h("p", { class: "soft" }, `the first ${int(MOST)} of ${int(rows.length)}; the table below has all`),
    ],
    actions: [{ label: "Close", value: null }],
  });
}
