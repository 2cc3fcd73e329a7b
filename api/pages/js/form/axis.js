// The values of an axis of a sweep: how they are told, and what a new axis begins with.

import { isObject } from "./pointer.js";
import { toItem, toList } from "./values.js";

const MANY = 200;
const DIGITS = 6;
export const WAYS = [["values", "values"], ["logspace", "equal ratios"], ["linspace", "equal distances"]];

export const wayOf = (axis) => WAYS.find(([way]) => axis[way] !== undefined && axis[way] !== null)?.[0] ?? "values";
export const pathsOf = (axis) => (Array.isArray(axis.paths) ? axis.paths : [axis.path ?? ""]).map((path) => (typeof path === "string" ? path : JSON.stringify(path)));
const rowOf = (row) => (Array.isArray(row) ? row : [row]);
export const valuesOf = (axis) => (Array.isArray(axis.values) ? axis.values : []);

const rounded = (value) => Number(value.toPrecision(DIGITS));

/** The points of `linspace` or `logspace`, none where its ends do not tell. */
export function points(way, { start, stop, num } = {}) {
  const known = [start, stop, num].every((value) => Number.isFinite(value)) && num >= 1 && num <= MANY;
  if (!known || (way === "logspace" && Math.min(start, stop) <= 0)) return [];
  return Array.from({ length: num }, (_, at) => {
    const share = num === 1 ? 0 : at / (num - 1);
    return rounded(way === "logspace" ? start * (stop / start) ** share : start + (stop - start) * share);
  });
}

/** The same axis told another way, as far as its values allow. */
export function told(axis, way) {
  const before = wayOf(axis);
  const known = before === "values" ? valuesOf(axis).filter((value) => typeof value === "number") : points(before, axis[before]);
  const { path } = axis;
  if (way === "values") return { path, values: known.length ? known : [0] };
  const [start, stop] = [known[0] ?? 1e-5, known.at(-1) ?? 1e-3];
  return { path, [way]: { start, stop, num: Math.max(known.length, 2) } };
}

/** An axis over a field around the value that it has now. */
export function around(path, node, value) {
  const now = value ?? node?.default ?? node?.examples?.[0];
  if (node?.type === "choice") return { path, values: [...node.enum] };
  if (node?.type === "boolean") return { path, values: [false, true] };
  if (typeof now !== "number" || now === 0) return { path, values: now === 0 ? [...(node.examples ?? [])] : [now] };
  const bounds = [node.minimum ?? -Infinity, node.maximum ?? Infinity];
  if (Number.isInteger(now)) return { path, values: [...new Set([now / 2, now, now * 2].map(Math.round))].filter((one) => one >= bounds[0] && one <= bounds[1]) };
  if (bounds[1] <= 1 || now < 0) return { path, values: [now] };
  return { path, logspace: { start: rounded(now / 10), stop: rounded(now * 10), num: 5 } };
}

/** One more field that moves along with those of an axis, at first with the value that it has now. */
export function joined(axis, path, value) {
  const paths = pathsOf(axis);
  const way = wayOf(axis);
  const values = way === "values" ? valuesOf(axis) : points(way, axis[way]);
  const rows = paths.length > 1 || axis.paths ? values : values.map((one) => [one]);
  return { paths: [...paths, path], values: rows.map((row) => [...rowOf(row), value ?? null]) };
}

/** The axis without the field at a place. */
export function parted(axis, at) {
  const paths = axis.paths.filter((_, place) => place !== at);
  const values = valuesOf(axis).map((row) => rowOf(row).filter((_, place) => place !== at));
  return paths.length === 1 ? { path: paths[0], values: [...new Set(values.map((row) => row[0]))] } : { paths, values };
}

/** The values as a text: between commas, or in lines where they are rows or objects. */
export function valuesText(axis) {
  const values = valuesOf(axis);
  if (axis.paths) return values.map((row) => rowOf(row).map(toItem).join(", ")).join("\n");
  return values.map(toItem).join(values.some((value) => isObject(value) || Array.isArray(value)) ? ",\n" : ", ");
}

/** The values that a text tells. */
export function textValues(text, zipped) {
  return zipped ? text.split("\n").filter((row) => row.trim()).map((row) => toList(row.replace(/,\s*$/, ""))) : toList(text);
}
