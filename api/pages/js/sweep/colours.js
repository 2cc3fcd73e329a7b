// Which colour a value of an axis has, and the legend that says so.

import { category, lineRamp } from "../charts/colours.js";
import { h } from "../dom.js";
import { axisValue } from "../format.js";
import { evenly, spreadsWide } from "./axes.js";

const MOST_SWATCHES = 6;

/** Colours for the different values of an axis, in their order: `colour(value index)` and `legend(name)`. */
export function coloursOf(values) {
  const numbers = values.length > 1 && values.every((value) => typeof value === "number");
  const wide = numbers && spreadsWide(values);
  const place = (value) => (wide ? Math.log(value) : value);
  const [low, high] = numbers ? [place(values[0]), place(values[values.length - 1])] : [0, Math.max(1, values.length - 1)];
  const share = (at) => (numbers ? (place(values[at]) - low) / (high - low) : at / high);
  const colour = (at) => (!numbers && values.length <= 8 ? category(at) : lineRamp(share(at)));

  function swatches(name) {
    return h("ul", { class: "sweep-legend", "aria-label": `colours by ${name}` }, values.map((value, at) => h("li", null,
      h("span", { class: "swatch", "aria-hidden": "true", style: { "--swatch": colour(at) } }), `${name} ${axisValue(value)}`)));
  }

  function bar(name) {
    const stops = Array.from({ length: 11 }, (_, at) => lineRamp(at / 10)).join(", ");
    const told = evenly(values.map((_, at) => at), 5);
    return h("div", { class: "sweep-bar", role: "img", "aria-label": `colours by ${name}, from ${axisValue(values[0])} to ${axisValue(values[values.length - 1])}` },
      h("span", { class: "soft" }, name),
      h("div", { class: "sweep-bar-scale" },
        h("div", { class: "sweep-bar-colours", style: { background: `linear-gradient(to right, ${stops})` } }),
        h("div", { class: "sweep-bar-ticks" }, told.map((at) => h("span", { style: { left: `${100 * share(at)}%` } }, axisValue(values[at]))))));
  }

  return { colour, legend: (name) => (values.length <= MOST_SWATCHES || !numbers ? swatches(name) : bar(name)) };
}

/** A colour, `#rrggbb` or `rgb(r g b)`, that lets so much through. */
export function faint(colour, alpha) {
  const parts = colour.startsWith("#") ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) : colour.match(/[\d.]+/g).slice(0, 3);
  return `rgb(${parts.join(" ")} / ${alpha})`;
}
