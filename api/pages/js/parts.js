// Small parts that several views show: states, outcomes, progress, facts.

import { h, setText } from "./dom.js";
import { duration, percent, words } from "./format.js";
import { totalOf } from "./states.js";

/** A chip of a state; `update(state)` changes it. */
export function stateChip(state) {
  const element = h("span", { class: "chip state" });
  const update = (next) => {
    element.dataset.state = next;
    setText(element, words(next));
  };
  update(state);
  return { element, update };
}

/** A bar with a text; `update({state, progress, text})`. */
export function progressBar(label) {
  const bar = h("div", { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100" }, h("span"));
  const text = h("div", { class: "text" });
  const element = h("div", { class: "progress" }, bar, text);
  return {
    element,
    update(now) {
      element.dataset.state = now.state;
      bar.style.setProperty("--share", String(now.progress));
      bar.setAttribute("aria-valuenow", String(Math.round(now.progress * 100)));
      setText(text, now.text);
    },
  };
}

/** The text beside the bar of an experiment: how far, how many of its runs, how long still. */
export function progressText({ state, progress, counts, eta_seconds: eta }) {
  const total = totalOf({ counts });
  const ended = counts.succeeded + counts.failed + counts.cancelled;
  const parts = [percent(progress)];
  if (total > 1) parts.push(`${ended.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} runs`);
  if (state === "running" && eta !== null && eta !== undefined) parts.push(`${duration(eta)} left`);
  return parts.join(" · ");
}

/** A list of names and values; pairs whose value is null or undefined are left out. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));
}
