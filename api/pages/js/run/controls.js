// Controls above curves: logarithmic or linear, and a choice among recorded metrics.

import { fill, h, newId } from "../dom.js";

/** Two buttons of which one is pressed; `choose("log"|"linear")`. */
export function axisToggle(label, first, choose) {
  const buttons = ["log", "linear"].map((kind) =>
    h("button", { type: "button", class: "small choice", "aria-pressed": String(kind === first), "aria-label": `${label}: ${kind}` }, kind));
  buttons.forEach((button, at) => button.addEventListener("click", () => {
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    choose(["log", "linear"][at]);
  }));
  return { element: h("div", { class: "row toggle", role: "group", "aria-label": `${label}: scale` }, h("span", { class: "soft" }, label), buttons) };
}

/** A choice among metrics, none at first; `offer(names)` says which there are. */
export function metricSelect(label, choose) {
  const id = newId("metric");
  const select = h("select", { id, on: { change: () => choose(select.value) } }, h("option", { value: "" }, "none"));
  let offered = "";
  return {
    element: h("div", { class: "row toggle" }, h("label", { for: id, class: "soft" }, label), select),
    offer(names) {
      if (names.join() === offered) return;
      offered = names.join();
      const chosen = select.value;
      fill(select, h("option", { value: "" }, "none"), names.map((name) => h("option", { value: name }, name.replaceAll("_", " "))));
      select.value = names.includes(chosen) ? chosen : "";
    },
  };
}
