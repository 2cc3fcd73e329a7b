// Where cells and values lie along one side of a map.

/**
 * `values` with their `spacing` ("linear", "log", null: no numbers) between two pixels. Edges lie halfway between
 * neighbours. Returns `edges(i)` (as pixels from `from` to `to`), `middle(i)`, `at(pixel)`: the index there or null, `place(value)`: the
 * pixel of any number, `least`: width of the narrowest, `first`, `last`: middle and outer edge of those, `upwards`: whether the next one is above.
 */
export function placeCells({ values, spacing }, from, to) {
  // What has no order is read from the top.
  if (spacing === null && from > to) [from, to] = [to, from];
  const place = spacing === null ? null : spacing === "log" ? Math.log : (value) => value;
  const points = values.map((value, at) => (place ? place(value) : at));
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
    place: (value) => pixel(place(value)),
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

function bordersOf(points) {
  if (points.length === 1) return [points[0] - 0.5, points[0] + 0.5];
  const between = points.slice(1).map((point, at) => (points[at] + point) / 2);
  const last = points.length - 1;
  return [2 * points[0] - between[0], ...between, 2 * points[last] - between[last - 1]];
}

/**
 * Which cell gives each cell its colour: itself where it has runs; in maps that were refined, where most cells have
 * none, the nearest one with runs in its row, or in its column where the row itself was refined. `there[cell]`.
 */
export function standIns(there, rows, columns) {
  const perRow = Array.from({ length: rows }, (_, r) => there.slice(r * columns, (r + 1) * columns).filter(Boolean).length);
  const most = Math.max(...perRow);
  const found = new Int32Array(rows * columns).fill(-1);
  for (let r = 0; r < rows; r += 1) {
    if (2 * perRow[r] < most) continue;
    for (let c = 0; c < columns; c += 1) found[r * columns + c] = nearest(columns, c, (at) => there[r * columns + at], (at) => r * columns + at);
  }
  for (let cell = 0; cell < found.length; cell += 1) {
    if (found[cell] >= 0) continue;
    const [r, c] = [Math.floor(cell / columns), cell % columns];
    const near = there[cell] ? cell : nearest(rows, r, (at) => there[at * columns + c], (at) => at * columns + c);
    found[cell] = near >= 0 ? near : cell;
  }
  return found;
}

function nearest(count, from, holds, place) {
  for (let away = 0; away < count; away += 1) {
    for (const at of [from - away, from + away]) if (at >= 0 && at < count && holds(at)) return place(at);
  }
  return -1;
}
