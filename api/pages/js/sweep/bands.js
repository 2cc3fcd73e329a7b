// Many curves as a median with its quartiles, on steps that all of them share.

const PLACES = 160;

/**
 * `[{steps, values}]` as `{steps, low, median, high}`; `scale` places steps (`{to, from}`). Between recorded steps values
 * are interpolated; where fewer than half of the curves have one there is none.
 */
export function bandOf(curves, scale, log) {
  const there = curves.filter(({ steps }) => steps.length > 0);
  if (there.length === 0) return { steps: [], low: [], median: [], high: [] };
  const first = Math.min(...there.map(({ steps }) => steps[0]));
  const last = Math.max(...there.map(({ steps }) => steps[steps.length - 1]));
  const steps = gridOf(first, last, scale);
  const columns = there.map((curve) => resampled(curve, steps, scale, log));
  const band = { steps, low: [], median: [], high: [] };
  for (let at = 0; at < steps.length; at += 1) {
    const found = columns.map((column) => column[at]).filter((value) => value !== null).sort((a, b) => a - b);
    const enough = found.length * 2 >= there.length;
    for (const [name, share] of [["low", 0.25], ["median", 0.5], ["high", 0.75]]) band[name].push(enough ? quantile(found, share) : null);
  }
  return band;
}

function gridOf(first, last, scale) {
  const [low, high] = [scale.to(first), scale.to(last)];
  const places = Array.from({ length: PLACES }, (_, at) => Math.round(scale.from(low + ((high - low) * at) / (PLACES - 1))));
  places[PLACES - 1] = last;
  return [...new Set(places)];
}

function resampled({ steps, values }, grid, scale, log) {
  const to = log ? (value) => (value !== null && value > 0 ? Math.log(value) : null) : (value) => value;
  let at = 0;
  return grid.map((step) => {
    if (step < steps[0] || step > steps[steps.length - 1]) return null;
    while (at + 1 < steps.length && steps[at + 1] <= step) at += 1;
    const a = to(values[at]);
    if (steps[at] === step || at + 1 === steps.length) return a === null ? null : log ? Math.exp(a) : a;
    const b = to(values[at + 1]);
    if (a === null || b === null) return null;
    const share = (scale.to(step) - scale.to(steps[at])) / (scale.to(steps[at + 1]) - scale.to(steps[at]));
    const mixed = a + (b - a) * share;
    return log ? Math.exp(mixed) : mixed;
  });
}

/** Of ascending values, interpolated between neighbours. */
function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}
