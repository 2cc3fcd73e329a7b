// Values as one types them: numbers, words and lists without quotes, and JSON for everything else.

import { oneLine } from "./text.js";

const NULLS = new Set(["none", "null"]);
const BARE = /^[A-Za-z_][\w./:+*^-]*$/;
const WORDS = new Map([["true", true], ["false", false], ["null", null], ["none", null]]);

/** What a text means as a number; the text itself where it is none, for the service to say so. */
function toNumber(text) {
  const plain = /^[-+]?\d{1,3}(,\d{3})+$/.test(text) ? text.replaceAll(",", "") : text;
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) ? value : text;
}

/** What a text means at a field: undefined for none. */
export function toValue(text, node) {
  const given = text.trim();
  if (given === "") return undefined;
  if (node.nullable && NULLS.has(given.toLowerCase())) return null;
  if (node.preset !== undefined && given === node.preset) return node.preset;
  if (node.type === "number") return toNumber(given);
  if (node.type === "list" || node.type === "rows") return toList(given, node.items?.type === "string");
  return text;
}

/** The values of a list: JSON without its brackets, or parts between commas. */
export function toList(text, strings = false) {
  const given = text.trim();
  for (const form of given.startsWith("[") ? [given, `[${given}]`] : [`[${given}]`]) {
    try {
      const found = JSON.parse(form);
      if (!strings || found.every((item) => typeof item === "string")) return found;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // No JSON, then, but parts between commas.
    }
  }
  const parts = given.split(/[,\n]/).map((part) => part.trim()).filter(Boolean);
  return parts.map((part) => (strings ? part : WORDS.has(part) ? WORDS.get(part) : toNumber(part)));
}

/** The text of a value, as `toValue` and `toList` read it. */
export function toText(value) {
  if (value === undefined) return "";
  if (value === null) return "none";
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return oneLine(value);
  return value.map(toItem).join(", ");
}

/** The text of one of several values. */
export function toItem(value) {
  return typeof value === "string" && BARE.test(value) && !WORDS.has(value) ? value : oneLine(value);
}
