// What the JSON schema of a spec says of each of its fields.

import { num } from "../format.js";
import { isObject, read, same } from "./pointer.js";

/** Reads the schema; nodes are looked up as they are met, since kinds decide which fields there are. */
export function readSchema(root) {
  const known = new Map();

  /** A node with references followed and the null of `anyOf` told apart: `{type, nullable, preset, ...}`. */
  function node(raw) {
    let found = known.get(raw);
    if (!found) known.set(raw, (found = normal(raw)));
    return found;
  }

  function normal(raw) {
    if (raw.$ref) {
      const { $ref, ...rest } = raw;
      return normal({ ...root.$defs[$ref.split("/").pop()], ...rest, about: root.$defs[$ref.split("/").pop()].description });
    }
    const { anyOf, ...rest } = raw;
    if (!anyOf) return { ...rest, type: typeOf(raw) };
    const options = anyOf.filter((one) => one.type !== "null");
    const preset = options.length > 1 ? options.find((one) => one.const !== undefined)?.const : undefined;
    const main = options.find((one) => options.length === 1 || one.const === undefined);
    return { ...normal({ ...main, ...rest }), nullable: options.length < anyOf.length, preset };
  }

  /** The kinds of a union, in order, each with the node that has its fields. */
  function kindsOf(union) {
    const nodes = union.oneOf.map(node);
    return new Map(nodes.flatMap((one) => (one.properties.kind.enum ?? [one.properties.kind.const]).map((kind) => [kind, one])));
  }

  /** The node that has the fields of the object at a node: of a union the one of its kind, null where it has none. */
  function fieldsNode(at, value) {
    return at.type === "union" ? (kindsOf(at).get(value?.kind) ?? null) : at.properties ? at : null;
  }

  /** Every field of this spec as `{pointer, node, value}`, objects before what is in them. */
  function* fields(spec, at = node(root), pointer = "") {
    for (const [name, raw] of Object.entries(fieldsNode(at, read(spec, pointer))?.properties ?? {})) {
      const below = `${pointer}/${name}`;
      if (raw.const !== undefined) continue;
      yield { pointer: below, node: node(raw), value: read(spec, below) };
      if (["object", "union"].includes(node(raw).type)) yield* fields(spec, node(raw), below);
    }
  }

  /** A value without what is its default anyway. */
  function pruned(value, at) {
    const own = isObject(value) && fieldsNode(at, value);
    if (!own) return value;
    const entries = Object.entries(value)
      .map(([name, item]) => [name, own.properties[name] ? pruned(item, node(own.properties[name])) : item])
      .filter(([name, item]) => !same(item, own.properties[name]?.default) && !(isObject(item) && !Object.keys(item).length));
    return Object.fromEntries(entries);
  }

  return {
    root: node(root), examples: root.examples ?? [], node, kindsOf, fieldsNode, fields,
    property: (at, name) => node(at.properties[name]),
    pruned: (spec) => pruned(spec, node(root)),
  };
}

function typeOf(raw) {
  if (raw.discriminator) return "union";
  if (raw.enum) return "choice";
  if (raw.type === "array") return raw.items?.type === "array" || raw.maxItems > 10_000 ? "rows" : "list";
  if (raw.type === "integer" || raw.type === "number") return "number";
  return raw.type ?? "text";
}

const LABELS = { snr: "SNR", rng: "Random numbers", l1: "l1", l2: "l2", l2_squared: "l2 squared", init: "Start", detect: "t1 and t2", allow_tf32: "Allow TF32" };

/** The label of a field. */
export function label(name) {
  if (LABELS[name]) return LABELS[name];
  const text = name.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** The values that a number may have, in words. */
export function range({ minimum, maximum, exclusiveMinimum: over, exclusiveMaximum: below }) {
  const most = maximum < 1e15 ? maximum : undefined;
  if (minimum !== undefined && most !== undefined && minimum > -1e100) return `${num(minimum)} to ${num(most)}`;
  return [
    over !== undefined && `over ${num(over)}`, minimum > -1e100 && `${num(minimum)} or more`,
    below !== undefined && `below ${num(below)}`, most !== undefined && `at most ${num(most)}`,
  ].filter(Boolean).join(", ");
}
