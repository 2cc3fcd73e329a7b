// The axes of a sweep, their values, and runs by their place on them.

import { axisName, axisValue, int } from "../format.js";

/** The axes of a spec in their order: `[{path, name}]`; fields that move together are an axis each. */
export function axesOf(spec) {
  const paths = (spec.sweep?.axes ?? []).flatMap((axis) => axis.paths ?? [axis.path]);
  const names = paths.map(axisName);
  // Two fields of the same name are told apart by the part of the spec that they belong to.
  return paths.map((path, at) => ({
    path,
    name: names.filter((name) => name === names[at]).length > 1 ? path.slice(1).replaceAll("/", " ").replaceAll("_", " ") : names[at],
  }));
}

/** The pointer that stands for the seed where colours are chosen. */
export const SEED = "seed";

/** What a row has on an axis. */
function valueOf(row, path) {
  return path === SEED ? row.seed : row.axes[path];
}

/** Equal of equal values and of no others. */
export function keyOf(value) {
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** Rows by their value on an axis: `[{value, rows}]`, numbers ascending, others as they come. */
export function groupBy(rows, path) {
  const found = new Map();
  for (const row of rows) {
    const value = valueOf(row, path);
    const key = keyOf(value);
    const group = found.get(key);
    if (group) group.rows.push(row);
    else found.set(key, { value, rows: [row] });
  }
  const groups = [...found.values()];
  return groups.every(({ value }) => typeof value === "number") ? groups.sort((a, b) => a.value - b.value) : groups;
}

/** Whether these values are better told apart by ratios than by differences. */
export function spreadsWide(values) {
  const [low, high] = extent(values);
  return low > 0 && high / low >= 10;
}

/** The smallest and the largest of many numbers, which are too many for the arguments of one call. */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** At most `most` of a list, evenly, the first and the last among them. */
export function evenly(list, most) {
  if (list.length <= most) return list;
  if (most === 1) return [list[list.length >> 1]];
  return Array.from({ length: most }, (_, at) => list[Math.round((at * (list.length - 1)) / (most - 1))]);
}

/** At most `most` rows: of every group as many as of the others. Groups as `groupBy` gives them, and again as such. */
export function evenChoice(groups, most, mostGroups = most) {
  const chosen = evenly(groups, Math.min(most, mostGroups));
  let left = most;
  return chosen.map(({ value, rows }, at) => {
    const some = evenly(rows, Math.max(1, Math.floor(left / (chosen.length - at))));
    left -= some.length;
    return { value, rows: some };
  });
}

/** Where a row stands, in words: l1 10⁻⁵, measurements 30, seed 2. */
export function placeOf(row, axes) {
  return [...axes.map(({ path, name }) => `${name} ${axisValue(row.axes[path])}`), `seed ${int(row.seed)}`].join(", ");
}
