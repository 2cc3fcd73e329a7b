// What happened to a run.

import { fill, h } from "../dom.js";
import { axisValue, int, time, words } from "../format.js";

/** `{element, update()}`: reads the history anew at each update. */
export function runHistory(path, ctx) {
  const body = h("tbody");
  const element = h("section", { class: "panel", "aria-label": "history" }, h("h2", null, "History"),
    h("table", { class: "history" }, h("thead", null, h("tr", null, ["Time", "Event", ""].map((name) => h("th", { scope: "col" }, name)))), body));

  async function refresh() {
    const found = [];
    for await (const items of ctx.api.pages(`${path}/events`, { query: { limit: 1000 } })) found.push(...items);
    fill(body, found.map((event) => h("tr", null,
      h("td", null, h("time", { datetime: event.at }, time(event.at, true))), h("td", null, words(event.kind)), h("td", { class: "soft" }, told(event)))));
  }

  return { element, update: () => ctx.attempt(refresh) };
}

function told({ data }) {
  if (typeof data.step === "number") return `step ${int(data.step)}`;
  return Object.entries(data)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .map(([name, value]) => `${words(name)} ${axisValue(value)}`)
    .join(", ");
}
