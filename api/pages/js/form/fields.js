// The fields of a form, one for each kind of node of the schema.

import { h, newId } from "../dom.js";
import { words } from "../format.js";
import { same } from "./pointer.js";
import { label, range } from "./schema.js";
import { toText, toValue } from "./values.js";

/** A sentence of the schema; what stands in backticks is code. */
export function prose(text) {
  return text.split("`").map((part, at) => (at % 2 ? h("code", null, part) : part));
}

/** A control with its label, its help and the place of its faults. `also`: other pointers whose faults are shown here; `shown`: what holds the control, and more. */
export function box(form, pointer, title, control, { help = null, also = [], wide = false, before = false, shown = control } = {}) {
  const [id, error] = [newId("form"), h("p", { class: "error", hidden: true })];
  control.id = id;
  control.dataset.pointer = pointer;
  error.id = `${id}-error`;
  const note = help && h("p", { class: "help", id: `${id}-help` }, help);
  control.setAttribute("aria-describedby", note ? `${error.id} ${note.id}` : error.id);
  for (const one of [pointer, ...also]) form.faults.add(one, control, error);
  const name = h("label", { for: id }, title);
  return h("div", { class: `field${wide ? " wide" : ""}` },
    before ? h("div", { class: "flag" }, control, name) : [name, shown], error, note);
}

/** The field at a pointer, and all that is in it where it is an object. */
export function fieldOf(form, { pointer, node, value, required }) {
  const name = pointer.slice(pointer.lastIndexOf("/") + 1);
  const title = label(name);
  if (node.type === "union") return unionOf(form, pointer, node, value);
  if (node.type === "object") return objectOf(form, pointer, node, value);
  const help = node.description && [...prose(node.description), hint(node)];
  const set = (next) => form.set(pointer, next);
  const make = { boolean: flag, choice, rows: area }[node.type] ?? line;
  const control = make(node, value, set, { form, pointer, required });
  const swept = form.isSwept(pointer) && h("span", { class: "chip swept" }, "swept");
  return box(form, pointer, swept ? [title, " ", swept] : title, control, { help, wide: node.type === "rows", before: node.type === "boolean", shown: form.offers.beside(pointer, control, () => form.spec) });
}

function hint(node) {
  const parts = [node.type === "number" && range(node), node.nullable && node.default !== null && node.default !== undefined && "or none"];
  const text = parts.filter(Boolean).join(", ");
  return text && [" · ", h("span", { class: "range" }, text)];
}

function flag(node, value, set) {
  const input = h("input", { type: "checkbox", checked: (value ?? node.default) === true });
  input.addEventListener("change", () => set(input.checked === node.default ? undefined : input.checked));
  return input;
}

function choice(node, value, set, { form, pointer }) {
  const values = node.nullable ? [null, ...node.enum] : [...node.enum];
  const now = value === undefined ? (node.default ?? null) : value;
  // What the JSON beside has and the schema has not is shown as it is, until something else is chosen.
  if (!values.some((one) => same(one, now))) values.unshift(now);
  const text = (one) => words(one) + (one === node.default ? " (default)" : "");
  const select = h("select", null, values.map((one, at) =>
    h("option", { value: String(at), class: one === null ? "automatic" : null }, one === null ? form.automatic(pointer) : text(one))));
  select.value = String(values.findIndex((one) => same(one, now)));
  select.addEventListener("change", () => {
    const next = values[Number(select.value)];
    set(next === (node.default ?? null) ? undefined : next);
  });
  return select;
}

function line(node, value, set, { form, pointer, required }) {
  const numeric = node.type === "number";
  const input = h("input", { type: "text", inputmode: numeric ? "decimal" : null, autocomplete: "off", spellcheck: "false", placeholder: form.placeholder(pointer, node), value: toText(value) });
  if (required) input.setAttribute("aria-required", "true");
  input.addEventListener("input", () => set(toValue(input.value, node) ?? (required && node.type === "list" ? [] : undefined)));
  return input;
}

function area(node, value, set, { form, pointer }) {
  const input = h("textarea", { rows: "3", spellcheck: "false", class: "mono", placeholder: form.placeholder(pointer, node), value: toText(value) });
  input.addEventListener("input", () => set(toValue(input.value, node)));
  return input;
}

function unionOf(form, pointer, node, value) {
  const kinds = form.schema.kindsOf(node);
  const fit = form.rules.fitting(form.spec, pointer);
  const option = (kind) => h("option", { value: kind }, words(kind));
  const [good, other] = [[...kinds.keys()].filter((kind) => !fit || fit.includes(kind)), fit ? [...kinds.keys()].filter((kind) => !fit.includes(kind)) : []];
  const select = h("select", null, !kinds.has(value?.kind) && h("option", { value: "" }, value === undefined ? "default" : "choose"), good.map(option),
    other.length > 0 && h("optgroup", { label: "not with the rest of this spec" }, other.map(option)));
  select.value = kinds.has(value?.kind) ? value.kind : "";
  select.addEventListener("change", () => form.change(pointer, select.value));
  const inner = kinds.get(value?.kind);
  const about = inner?.about?.split("\n\n")[0].replaceAll("\n", " ");
  const parts = [
    box(form, `${pointer}/kind`, "Kind", select, { help: about && prose(about), also: [pointer], wide: true }),
    inner && fieldsOf(form, pointer, inner),
  ];
  return pointer.lastIndexOf("/") > 0 ? within(pointer, node, parts) : parts;
}

function objectOf(form, pointer, node, value) {
  const inside = typeof value === "string" && value === node.preset ? [] : fieldsOf(form, pointer, node);
  return within(pointer, node, [node.preset !== undefined && presetOf(form, pointer, node, value), inside]);
}

function within(pointer, node, fields) {
  return h("fieldset", { class: "wide" }, h("legend", null, label(pointer.slice(pointer.lastIndexOf("/") + 1))),
    node.description && h("p", { class: "help" }, prose(node.description)), h("div", { class: "fields" }, fields));
}

/** Whether an object is the one word that it may also be, such as `record: "paper"`. */
function presetOf(form, pointer, node, value) {
  const input = h("input", { type: "checkbox", checked: value === node.preset });
  input.addEventListener("change", () => form.set(pointer, input.checked ? node.preset : undefined, true));
  return box(form, pointer, [h("code", null, node.preset), " preset"], input, { wide: true, before: true });
}

/** The fields of the object at a pointer; those that say nothing here are left out unless they are set. */
export function fieldsOf(form, pointer, node) {
  const own = Object.keys(node.properties).filter((name) => name !== "kind" || node.properties.kind.default !== undefined);
  const inside = (name) => ["object", "union"].includes(form.schema.property(node, name).type);
  return own.sort((a, b) => inside(a) - inside(b)).map((name) => {
    const inner = form.schema.property(node, name);
    const below = `${pointer}/${name}`;
    const value = form.read(below);
    if (inner.const !== undefined || (value === undefined && form.rules.isElsewhere(form.spec, inner))) return null;
    return fieldOf(form, { pointer: below, node: inner, value, required: node.required?.includes(name) });
  });
}
