// Choices above a chart.

import { fill, h, newId } from "../dom.js";
import { axisValue } from "../format.js";

/** A labelled select; `options` are `[value, text]` pairs, `choose(value)` is called with another choice. */
export function choice(label, options, chosen, choose) {
  const id = newId("choice");
  const select = h("select", { id, on: { change: () => choose(select.value) } }, optionsOf(options));
  select.value = chosen;
  const element = h("span", { class: "row choice-of" }, h("label", { for: id }, label), select);
  return {
    element,
    count: () => select.options.length,
    set(value) {
      select.value = value;
    },
    /** Other options; the choice stays where it still is one. Returns whether it did. */
    offer(next) {
      const before = select.value;
      select.replaceChildren(...optionsOf(next));
      const stays = next.some(([value]) => value === before);
      if (stays) select.value = before;
      return stays;
    },
  };
}

function optionsOf(options) {
  return options.map(([value, text]) => h("option", { value }, text));
}

/** Buttons of which one is pressed; `options` as in `choice`. */
export function oneOf(label, options, chosen, choose) {
  const buttons = options.map(([value, text]) => h("button", {
    type: "button", class: "small choice", "aria-pressed": String(value === chosen), on: { click: () => press(value) },
  }, text));
  function press(value) {
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(options[at][0] === value)));
    choose(value);
  }
  return h("span", { class: "row", role: "group", "aria-label": label }, buttons);
}

/**
 * Choices of one value or all of each axis, kept in `at` (path to JSON). `offer(axes, valuesOf)` says which there are.
 */
export function filters(at, changed) {
  const element = h("span", { class: "row" });
  let known = "";
  return {
    element,
    offer(axes, valuesOf) {
      const offered = axes.map((axis) => [axis, valuesOf(axis.path)]);
      const mark = JSON.stringify(offered);
      if (mark === known) return;
      known = mark;
      fill(element, offered.map(([{ path, name }, values]) => choice(name, [["", "all"], ...values.map((value) => [JSON.stringify(value), axisValue(value)])], at.get(path) ?? "", (chosen) => {
        if (chosen === "") at.delete(path);
        else at.set(path, chosen);
        changed();
      }).element));
    },
  };
}
