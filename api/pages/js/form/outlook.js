// The card that tells what the dry run found: runs, cost, predictions, warnings; or what is wrong.

import { fill, h, setText } from "../dom.js";
import { axisName, axisValue, bytes, duration, int, num, runs } from "../format.js";

const steps = (value) => (value === null ? "none" : num(Math.round(value)));

/** The card; `goTo(pointer)` shows a field, `again()` asks once more. */
export function outlook({ goTo, again }) {
  const note = h("span", { class: "soft", role: "status" });
  const body = h("div", { class: "outlook" });
  const element = h("section", { class: "panel", "aria-label": "dry run" }, h("div", { class: "panel-head" }, h("h2", null, "What it would do"), note), body);

  function faults(errors, message) {
    const list = errors.length ? errors : [{ pointer: "", message }];
    return [
      h("p", { class: "error" }, h("strong", null, `${list.length === 1 ? "One thing is" : `${list.length} things are`} not right yet`)),
      h("ul", { class: "faults" }, list.map(({ pointer, message: text }) =>
        h("li", null, h("button", { type: "button", class: "link", on: { click: () => goTo(pointer) } }, pointer || "the spec"), ` ${text}`))),
    ];
  }

  function found({ cells, reused, batch_count: batches, cost, predicted, warnings, spec }) {
    return [
      h("div", { class: "tiles" },
        tile("cells", cells === 1 ? "run" : "runs", int(cells), reused ? `${int(reused)} known already` : `${int(batches)} ${batches === 1 ? "batch" : "batches"}, ${bytes(cost.bytes)}`),
        tile("time", "time, about", duration(cost.seconds), `${num(cost.run_steps)} steps, one core`),
        predicted.length === 1 && [tile("t1", "predicted t1", steps(predicted[0].t1), `delay ${steps(predicted[0].delay)}`), tile("t2", "predicted t2", steps(predicted[0].t2), `of ${num(spec.steps)} steps`)]),
      predicted.length > 1 && table(predicted),
      predicted.length > 1 && predicted.length < cells && h("p", { class: "soft" }, `${int(predicted.length)} of ${int(cells)} runs, evenly over the sweep`),
      predicted.length === 0 && h("p", { class: "soft" }, "There is no prediction: theory with constants is of linear models of moderate size."),
      warnings.length > 0 && h("ul", { class: "warnings" }, warnings.map((text) => h("li", null, text))),
    ];
  }

  return {
    element,
    /** Takes what `dryRuns` tells. Returns a line that sums it up, null while nothing is known. */
    show(now) {
      setText(note, now.busy ? "asking…" : "");
      if (now.busy) return null;
      if (now.trouble) fill(body, h("p", { class: "error" }, now.trouble), h("button", { type: "button", on: { click: again } }, "Ask again"));
      else if (now.fault) fill(body, h("p", { class: "error" }, "The JSON is not complete; the fields show what it last was."));
      else fill(body, now.found ? found(now.found) : faults(now.errors, now.message));
      return summary(now);
    },
  };
}

function summary({ found, errors, fault, trouble }) {
  if (trouble) return trouble;
  if (fault) return `This is no JSON: ${fault.message}`;
  if (errors) return errors.length > 1 ? `${errors.length} things are not right yet` : "One thing is not right yet";
  const { cells, cost, predicted, warnings, reused } = found;
  const t2 = predicted.map((one) => one.t2).filter((value) => value !== null);
  const range = t2.length ? [Math.min(...t2), Math.max(...t2)].map(steps) : [];
  return [
    runs(cells), reused < cells ? `about ${duration(cost.seconds)}` : "all known already", range.length && `t2 ≈ ${[...new Set(range)].join(" to ")}`,
    warnings.length && `${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"}`,
  ].filter(Boolean).join(" · ");
}

function tile(name, title, value, below) {
  return h("div", { class: "tile", dataset: { tile: name } }, h("div", { class: "soft" }, title), h("div", { class: "big" }, value), below && h("div", { class: "soft" }, below));
}

function table(predicted) {
  const axes = Object.keys(predicted[0].axes).filter((axis) => new Set(predicted.map((one) => JSON.stringify(one.axes[axis]))).size > 1);
  const short = axes.map(axisName);
  const names = axes.map((axis, at) => (short.indexOf(short[at]) === short.lastIndexOf(short[at]) ? short[at] : axis));
  return h("div", { class: "scroll predicted", tabindex: "0", role: "region", "aria-label": "predictions" },
    h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "cell"), h("th", { scope: "col", class: "number" }, "seed"),
        names.map((name) => h("th", { scope: "col" }, name)), ["t1", "t2"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", null, predicted.map((one) => h("tr", null, h("th", { scope: "row" }, int(one.cell)), h("td", { class: "number" }, String(one.seed)),
        axes.map((axis) => h("td", null, axisValue(one.axes[axis]))), [one.t1, one.t2].map((value) => h("td", { class: "number" }, steps(value))))))));
}
