// Where cells and values lie along one side of a map.

/**
 * `values` with their `spacing` ("linear", "log", null: no numbers) between two pixels. Edges lie halfway between
 * neighbours. Returns `edges(i)` (as pixels from `from` to `to`), `middle(i)`, `at(pixel)`: the index there or null, `place(value)`: the
 * pixel of any number, `least`: width of the narrowest, `first`, `last`: middle and outer edge of those, `upwards`: whether the next one is above.
 */
export function placeCells({ values, spacing }, from, to) {
  // What has no order is read from the top.
  if (spacing === null && from > to) [from, to] = [to, from];
  const points = pointsOf({ values, spacing });
  const borders = bordersOf(points);
  const [low, high] = [borders[0], borders[borders.length - 1]];
  const pixel = (point) => from + ((to - from) * (point - low)) / (high - low);
  const pixels = borders.map(pixel);
  let least = Infinity;
  for (let at = 0; at < values.length; at += 1) least = Math.min(least, Math.abs(pixels[at + 1] - pixels[at]));
  const end = values.length - 1;
  return {
    first: [pixel(points[0]), pixels[0]],
    last: [pixel(points[end]), pixels[end + 1]],
    edges: (at) => [pixels[at], pixels[at + 1]],
    middle: (at) => pixel(points[at]),
    place: (value) => pixel(pointOf(value, spacing)),
    least,
    upwards: to < from,
    at(position) {
      const point = low + ((position - from) * (high - low)) / (to - from);
      if (!(point >= low && point < high)) return null;
      let [first, last] = [0, end];
      while (first < last) {
        const middle = (first + last) >> 1;
        if (borders[middle + 1] > point) last = middle;
        else first = middle + 1;
      }
      return first;
    },
  };
}

function pointOf(value, spacing) {
  return spacing === "log" ? Math.log(value) : value;
}

/** Where values lie on their axis; one after the other where they are no numbers. */
function pointsOf({ values, spacing }) {
  return values.map((value, at) => (spacing === null ? at : pointOf(value, spacing)));
}

function bordersOf(points) {
  if (points.length === 1) return [points[0] - 0.5, points[0] + 0.5];
  const between = points.slice(1).map((point, at) => (points[at] + point) / 2);
  const last = points.length - 1;
  return [2 * points[0] - between[0], ...between, 2 * points[last] - between[last - 1]];
}

/**
 * Which cell gives each cell its colour: itself where it has runs; of those that refinements left out, the nearest one
 * with runs in its row where that belongs to the first sweep (`whole[row]`), else the nearest in its column.
 * `there[cell]`; `x` and `y` as in `placeCells`.
 */
export function standIns(there, whole, x, y) {
  const [across, down] = [pointsOf(x), pointsOf(y)];
  const found = Int32Array.from(there, (is, cell) => (is ? cell : -1));
  down.forEach((_, r) => whole[r] && fillLine(found, across, (c) => r * across.length + c));
  across.forEach((_, c) => fillLine(found, down, (r) => r * across.length + c));
  return found.map((cell, at) => (cell < 0 ? at : cell));
}

/** Gives the cells of a line that have nothing what the nearest one has; of two as near, the first. */
function fillLine(found, points, cellAt) {
  const known = [...points.keys()].filter((at) => found[cellAt(at)] >= 0);
  if (known.length === 0) return;
  const away = (near, point) => Math.abs(points[known[near]] - point);
  let near = 0;
  const filled = points.map((point) => {
    while (near + 1 < known.length && away(near + 1, point) < away(near, point)) near += 1;
    return found[cellAt(known[near])];
  });
  filled.forEach((cell, at) => (found[cellAt(at)] = cell));
}
