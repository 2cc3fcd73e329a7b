// A button that opens a list of actions; made when it is first opened, so that long lists of rows stay cheap.

import { fill, h } from "./dom.js";

/** A menu. `items()` gives `[{label, act, danger} | null]` each time it opens; `act` is called with no arguments. */
export function menu(label, items, { text = "Actions" } = {}) {
  const list = h("ul", { class: "menu-list" });
  const summary = h("summary", { "aria-label": label }, text, h("span", { "aria-hidden": "true" }, " ▾"));
  const element = h("details", { class: "menu" }, summary, list);
  const close = () => (element.open = false);
  const outside = (event) => {
    if (!element.contains(event.target)) close();
    // A row that is gone with its menu open cannot tell of it.
    if (!element.isConnected) document.removeEventListener("pointerdown", outside);
  };
  element.addEventListener("toggle", () => {
    if (!element.open) {
      document.removeEventListener("pointerdown", outside);
      list.replaceChildren();
      return;
    }
    document.addEventListener("pointerdown", outside);
    fill(list, items().filter(Boolean).map((item) => h("li", null, entry(item, close))));
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && element.open) {
      close();
      summary.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !element.open) return;
    event.preventDefault();
    const all = [...list.querySelectorAll("button, a")];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
  });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) close();
  });
  return element;
}

function entry({ label, act, href, danger }, close) {
  if (href) return h("a", { href, on: { click: close } }, label);
  return h("button", {
    type: "button", class: danger ? "quiet danger" : "quiet",
    on: {
      click: () => {
        close();
        act();
      },
    },
  }, label);
}
