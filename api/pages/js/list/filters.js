// What the list of experiments is filtered by.

import { h } from "../dom.js";

const STATES = ["queued", "running", "succeeded", "failed", "cancelled"];
const TYPING_MS = 300;

/** The filters; `choose({state, tag, name})` is called with what is wanted, while one types after a short rest. */
export function filters(asked, choose, ctx) {
  const name = h("input", { id: "filter-name", type: "search", placeholder: "part of a name", maxlength: "200", value: asked.name });
  const tag = h("input", { id: "filter-tag", type: "search", placeholder: "whole tag", maxlength: "64", value: asked.tag });
  const state = h("select", { id: "filter-state" }, h("option", { value: "" }, "any"), STATES.map((one) => h("option", { value: one }, one)));
  state.value = asked.state;
  let timer = null;
  // What was typed last may be about to be asked for when the view is left.
  ctx.onLeave(() => clearTimeout(timer));
  const now = () => {
    clearTimeout(timer);
    choose({ name: name.value.trim(), tag: tag.value.trim(), state: state.value });
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(now, TYPING_MS);
  };
  // What comes after the view was left would put its address in the place of the next one's.
  ctx.onLeave(() => clearTimeout(timer));
  name.addEventListener("input", soon);
  tag.addEventListener("input", soon);
  state.addEventListener("change", now);
  const element = h("form", {
    class: "filters", role: "search", "aria-label": "experiments",
    on: {
      submit: (event) => {
        event.preventDefault();
        now();
      },
    },
  }, [["Name", name], ["Tag", tag], ["State", state]].map(([label, input]) => h("div", { class: "field" }, h("label", { for: input.id }, label), input)));
  return {
    element,
    update(wanted) {
      for (const [input, value] of [[name, wanted.name], [tag, wanted.tag], [state, wanted.state]]) if (document.activeElement !== input) input.value = value;
    },
  };
}
