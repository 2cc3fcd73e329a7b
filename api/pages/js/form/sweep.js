// The sweep: axes over any field, and seeds.

import { h } from "../dom.js";
import { axisName } from "../format.js";
import { around, joined, parted, pathsOf, points, textValues, told, valuesOf, valuesText, WAYS, wayOf } from "./axis.js";
import { box } from "./fields.js";
import { isObject } from "./pointer.js";
import { shortest } from "./text.js";
import { toText, toValue } from "./values.js";

const NOT_SWEPT = /^\/(sweep|name|tags|reuse|seed)(\/|$)/;
const NUMBER = { type: "number" };

/** The axes of a spec, as far as they are some. */
function axesOf(spec) {
  const axes = spec.sweep?.axes;
  return Array.isArray(axes) ? axes.map((axis) => (isObject(axis) ? axis : {})) : [];
}

/** The pointers that axes set. */
export const sweptPointers = (spec) => new Set(axesOf(spec).flatMap(pathsOf));

/** The group of the form that has the axes and the seeds. */
export function sweepOf(form) {
  const axes = axesOf(form.spec);
  const known = [...form.schema.fields(form.spec)].filter(({ pointer }) => !NOT_SWEPT.test(pointer));
  const set = (next, anew = true) => form.set("/sweep/axes", next.length ? next : undefined, anew);
  const error = h("p", { class: "error", hidden: true });
  const add = h("button", { type: "button", dataset: { pointer: "/sweep" }, on: { click: () => set([...axes, nextAxis(form, known)]) } }, axes.length ? "Add another axis" : "Add an axis");
  form.faults.add("/sweep", add, error);
  return [
    h("p", { class: "help" }, "Every value of every axis with every seed is a run; the last axis goes fastest, seeds faster still."),
    axes.map((axis, at) => axisOf(form, known, axis, at, (next, anew) => set(axes.toSpliced(at, 1, ...(next ? [next] : [])), anew))),
    h("div", { class: "row" }, add), error,
    h("fieldset", null, h("legend", null, "Seeds"), h("p", { class: "help" }, "In place of the one seed: so many, one after the other."),
      h("div", { class: "fields" }, numberAt(form, "/sweep/seeds/start", "First", "0"), numberAt(form, "/sweep/seeds/count", "How many", "1"))),
  ];
}

/** A penalty that is there, or else the step size, or else the first field that no axis has. */
function nextAxis(form, known) {
  const free = known.filter(({ pointer }) => !form.isSwept(pointer));
  const best = free.find(({ pointer, value }) => pointer.startsWith("/regularization/") && value > 0)
    ?? free.find(({ pointer }) => pointer === "/optimizer/learning_rate") ?? free.find(({ node }) => node.type === "number");
  return around(best.pointer, best.node, best.value);
}

function numberAt(form, pointer, title, placeholder) {
  const input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", placeholder, value: toText(form.read(pointer)) });
  input.addEventListener("input", () => form.set(pointer, toValue(input.value, NUMBER)));
  return box(form, pointer, title, input);
}

function axisOf(form, known, axis, at, set) {
  const pointer = `/sweep/axes/${at}`;
  const zipped = Array.isArray(axis.paths);
  const paths = pathsOf(axis);
  const find = (path) => known.find((field) => field.pointer === path);
  const start = (path) => around(path, find(path)?.node, form.read(path));
  const chooser = (path, place) => {
    const select = pathSelect(known, path);
    select.addEventListener("change", () => set(zipped ? { ...axis, paths: axis.paths.with(place, select.value) } : start(select.value)));
    const title = paths.length > 1 ? `Field ${place + 1}` : "Field";
    const shown = box(form, place ? `${pointer}/paths/${place}` : pointer, title, select, { also: place ? [] : [`${pointer}/path`, `${pointer}/paths`, `${pointer}/paths/0`] });
    const leave = zipped && h("button", { type: "button", class: "quiet small", "aria-label": `Without ${axisName(path)}`, dataset: { pointer: `${pointer}/without/${place}` }, on: { click: () => set(parted(axis, place)) } }, "×");
    return h("div", { class: "path" }, shown, leave);
  };
  const along = () => {
    const free = known.find((field) => !form.isSwept(field.pointer) && field.node.type === "number" && field.value !== undefined) ?? known.find((field) => !form.isSwept(field.pointer));
    set(joined(axis, free.pointer, free.value ?? free.node.default));
  };
  return h("fieldset", { class: "axis" },
    h("legend", null, `Axis ${at + 1}: ${paths.map(axisName).join(", ") || "no field"}`),
    h("div", { class: "fields" }, paths.map(chooser), !zipped && wayChooser(form, pointer, axis, set), valueFields(form, pointer, axis, set)),
    h("div", { class: "row" },
      h("button", { type: "button", class: "quiet small", dataset: { pointer: `${pointer}/along` }, on: { click: along } }, "Move another field along"),
      h("button", { type: "button", class: "quiet small", dataset: { pointer: `${pointer}/remove` }, on: { click: () => set(null) } }, `Remove axis ${at + 1}`)));
}

function pathSelect(known, path) {
  const groups = new Map();
  for (const { pointer } of known) {
    const name = pointer.split("/")[1];
    const title = pointer.lastIndexOf("/") > 0 || known.some((field) => field.pointer.startsWith(`${pointer}/`)) ? name : "training";
    groups.set(title, [...(groups.get(title) ?? []), pointer]);
  }
  const select = h("select", null, !known.some(({ pointer }) => pointer === path) && h("option", { value: path }, path || "choose"),
    [...groups].map(([title, pointers]) => h("optgroup", { label: title }, pointers.map((one) => h("option", { value: one }, one)))));
  select.value = path;
  return select;
}

function wayChooser(form, pointer, axis, set) {
  const select = h("select", null, WAYS.map(([way, title]) => h("option", { value: way }, title)));
  select.value = wayOf(axis);
  select.addEventListener("change", () => set(told(axis, select.value)));
  return box(form, `${pointer}/way`, "Values as", select);
}

function valueFields(form, pointer, axis, set) {
  const way = wayOf(axis);
  if (way !== "values") return gridFields(form, pointer, axis, way);
  const zipped = Array.isArray(axis.paths);
  const text = valuesText(axis);
  const input = h("textarea", { class: "mono", spellcheck: "false", rows: String(Math.min(12, Math.max(zipped ? 3 : 1, text.split("\n").length))), value: text });
  const count = h("span", { class: "range" });
  const tell = (values) => (count.textContent = ` · ${values.length} ${values.length === 1 ? "value" : "values"}`);
  input.addEventListener("input", () => {
    const values = textValues(input.value, zipped);
    tell(values);
    form.set(`${pointer}/values`, values);
  });
  tell(valuesOf(axis));
  const help = [zipped ? "a row a line, of one value for each field" : "between commas", count];
  return box(form, `${pointer}/values`, zipped ? "Rows" : "Values", input, { help, wide: true });
}

function gridFields(form, pointer, axis, way) {
  const preview = h("p", { class: "help wide" });
  const tell = () => {
    const all = points(way, form.read(`${pointer}/${way}`)).map(shortest);
    preview.textContent = all.length > 8 ? [...all.slice(0, 4), "…", ...all.slice(-2)].join(", ") : all.join(", ");
  };
  const fields = [["start", "From"], ["stop", "To"], ["num", "How many"]].map(([name, title]) => numberAt(form, `${pointer}/${way}/${name}`, title, ""));
  for (const field of fields) field.addEventListener("input", tell);
  tell();
  return [fields, preview];
}
