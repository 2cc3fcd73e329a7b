// The figures of the paper: what each shows, and the claims that it checks.

import { append, h, keyed, newId, setText } from "../dom.js";
import { int } from "../format.js";

export async function mount(root, params, ctx) {
  ctx.setTitle("Figures");
  const { items } = await ctx.api.page("/v1/figures", { query: { limit: 1000 } });
  const id = newId("find");
  const find = h("input", { id, type: "search", placeholder: "completion, C25, 12 …", autocomplete: "off", on: { input: () => show() } });
  const told = h("p", { class: "soft", "aria-live": "polite" });
  const list = h("ul", { class: "figures" });
  append(root, [
    h("div", { class: "view-head" },
      h("div", null, h("h1", null, "Figures"), h("p", { class: "soft" },
        "Every figure of “Grokking Beyond the Euclidean Norm of Model Parameters” as an experiment: run it, see its panels, and let its claims be judged.")),
      h("div", { class: "field" }, h("label", { for: id }, "Find"), find)),
    told, list,
  ]);
  const keep = keyed(list, (figure) => figure.id, (figure) => ({ element: card(figure), update() {} }));

  function show() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = items.filter((figure) => {
      const text = `figure ${figure.id} ${figure.title} ${figure.claims.join(" ")}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    keep(found);
    setText(told, `${int(found.length)} of ${int(items.length)} figures`);
  }
  show();
}

function card(figure) {
  return h("li", null, h("a", { class: "panel figure-card", href: `#/figures/${encodeURIComponent(figure.id)}` },
    h("span", { class: "figure-number" }, `Figure ${figure.id}`),
    h("span", { class: "figure-title" }, figure.title),
    h("span", { class: "row soft" }, figure.claims.length === 1 ? "claim" : "claims", figure.claims.map((claim) => h("span", { class: "chip" }, claim)))));
}
