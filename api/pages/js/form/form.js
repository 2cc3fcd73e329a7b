// The form: groups of fields, made anew where a kind changes and after every change of the JSON beside it.

import { fill, h, newId } from "../dom.js";
import { faultBoard } from "./faults.js";
import { fieldOf, fieldsOf, prose } from "./fields.js";
import { read, write } from "./pointer.js";
import { sweepOf, sweptPointers } from "./sweep.js";
import { oneLine } from "./text.js";
import { toText } from "./values.js";

const PARTS = [["problem", "Problem"], ["model", "Model"], ["regularization", "Regularization"], ["optimizer", "Optimizer"]];
const TRAINING = ["steps", "seed"];
const FOLDED = [["stop", "Stopping early"], ["record", "Recording"]];
const NAMES = ["name", "tags"];

/** The form of a spec; `changed(spec)` is called after each change that is made in it. */
export function createForm({ schema, rules, offers, changed }) {
  const faults = faultBoard();
  const element = h("div", { class: "form-groups" });
  const open = new Set();
  let spec = {};
  let resolved = {};
  let swept = new Set();

  const form = {
    schema, rules, offers, faults,
    get spec() {
      return spec;
    },
    read: (pointer) => read(spec, pointer),
    isSwept: (pointer) => swept.has(pointer),
    /** Sets a field, undefined for its default; `anew` where other fields depend on it. */
    set(pointer, value, anew = false) {
      write(spec, pointer, value);
      if (anew) build();
      changed(spec);
    },
    /** Sets the kind of a union. */
    change(pointer, kind) {
      if (kind === "") write(spec, pointer, undefined);
      else rules.change(spec, pointer, kind);
      build();
      changed(spec);
    },
    placeholder(pointer, node) {
      const known = read(resolved, pointer) ?? node.default;
      if (known !== undefined && known !== null) return toText(known);
      const example = node.examples?.[0];
      return example === undefined ? "none" : `${node.nullable ? "none, or " : ""}e.g. ${toText(example)}`;
    },
    automatic(pointer) {
      const known = read(resolved, pointer);
      return known === undefined || known === null ? "automatic" : `automatic: ${known}`;
    },
  };

  /** Makes all fields anew; the one with the focus keeps it. */
  function build() {
    const focused = element.contains(document.activeElement) ? document.activeElement.dataset.pointer : null;
    swept = sweptPointers(spec);
    faults.restart(() => fill(element, groups()));
    if (!focused) return;
    const controls = [...element.querySelectorAll("[data-pointer]")];
    const find = (pointer) => controls.find((one) => one.dataset.pointer === pointer);
    (find(focused) ?? (focused.startsWith("/sweep") ? find("/sweep") : null))?.focus();
  }

  const top = (name) => schema.property(schema.root, name);
  const one = (name) => fieldOf(form, { pointer: `/${name}`, node: top(name), value: form.read(`/${name}`), required: schema.root.required.includes(name) });

  function groups() {
    const own = new Set([...PARTS, ...FOLDED].map(([name]) => name).concat(TRAINING, NAMES, "detect", "sweep"));
    const others = Object.keys(schema.root.properties).filter((name) => !own.has(name));
    return [
      PARTS.map(([name, title]) => group(title, part(name))),
      group("Training", [
        h("div", { class: "fields" }, TRAINING.map(one)), one("detect"),
        FOLDED.map(([name, title]) => folded(title, [name], one(name))),
        folded("Numbers and machine", others, h("div", { class: "fields" }, others.map(one))),
      ]),
      group("Sweep", sweepOf(form)),
      group("Name and tags", h("div", { class: "fields" }, NAMES.map(one))),
    ];
  }

  function part(name) {
    const node = top(name);
    const about = node.properties && h("p", { class: "help" }, prose(node.about.split("\n\n")[0]));
    return [about, h("div", { class: "fields" }, node.type === "union" ? one(name) : fieldsOf(form, `/${name}`, node))];
  }

  function group(title, ...content) {
    const id = newId("group");
    return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), content);
  }

  /** Fields that are seldom wanted; what is set there is told outside. */
  function folded(title, names, ...content) {
    const set = names.filter((name) => form.read(`/${name}`) !== undefined).map((name) => `${names.length > 1 ? `${name} ` : ""}${oneLine(form.read(`/${name}`))}`).join(", ");
    const box = h("details", { class: "folded", open: open.has(title) }, h("summary", null, title, set && h("span", { class: "soft" }, ` ${set}`)), content);
    box.addEventListener("toggle", () => open[box.open ? "add" : "delete"](title));
    return box;
  }

  return {
    element, faults,
    /** Shows another spec; it is changed by the form from now on. */
    show(next) {
      spec = next;
      build();
    },
    /** Tells what the service filled in, which fields show where they are empty. */
    tellDefaults(next) {
      resolved = next;
      const nodes = new Map([...schema.fields(spec)].map((field) => [field.pointer, field.node]));
      for (const control of element.querySelectorAll("[data-pointer]")) {
        const { pointer } = control.dataset;
        const automatic = control.querySelector("option.automatic");
        if (automatic) automatic.textContent = form.automatic(pointer);
        if (control.placeholder && nodes.has(pointer)) control.placeholder = form.placeholder(pointer, nodes.get(pointer));
      }
    },
  };
}
