// Axes: how a value becomes a place, and where the ticks go. Logarithmic steps are log10(1 + step), as the service samples.

import { num, power } from "../format.js";

const identity = (value) => value;

/** `{to, from}` of an axis of steps: "log" is log10(1 + step), so that step 0 has a place. */
export function stepScale(kind) {
  if (kind === "log") return { kind: "log1", to: (step) => Math.log10(1 + step), from: (at) => Math.max(0, 10 ** at - 1) };
  return { kind: "linear", to: identity, from: identity };
}

/** `{to, from}` of an axis of values; on a logarithmic one what is not positive has no place (null). */
export function valueScale(kind) {
  if (kind === "log") return { kind: "log", to: (value) => (value > 0 ? Math.log10(value) : null), from: (at) => 10 ** at };
  return { kind: "linear", to: identity, from: identity };
}

/** Ticks within [low, high], places on the axis: `[{at, text}]`; those without a text are minor. `room`: how many texts fit. */
export function ticks(scale, low, high, room) {
  if (!(high > low)) return [];
  if (scale.kind === "linear") return told(linearTicks(low, high, room));
  const found = high - low >= 1.2 ? decades(scale, low, high, room) : within(scale, low, high, room);
  return found.filter(({ at }) => at >= low - 1e-9 && at <= high + 1e-9);
}

/** Round numbers 1, 2, 2.5 or 5 times a power of ten apart. */
function linearTicks(low, high, room) {
  const rough = (high - low) / Math.max(1, room);
  const size = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 2.5, 5, 10].find((factor) => factor * size >= rough) * size;
  const first = Math.ceil(low / apart - 1e-9);
  const count = Math.floor(high / apart + 1e-9) - first + 1;
  // Where numbers themselves are no finer than ticks would be, counting on would never end.
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(first + count)) return [];
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * apart).toPrecision(12)));
}

function decades(scale, low, high, room) {
  const first = Math.floor(low);
  const last = Math.ceil(high);
  const every = Math.max(1, Math.ceil((last - first) / Math.max(1, room)));
  const found = scale.kind === "log1" ? [{ at: 0, text: "0" }] : [];
  for (let exponent = Math.max(first, scale.kind === "log1" ? 0 : first); exponent <= last; exponent += 1) {
    const text = exponent % every === 0 ? label(exponent) : "";
    const at = scale.to(10 ** exponent);
    // On an axis of 1 + step the first step stands where a text would run into that of 0.
    found.push({ at, text: scale.kind === "log1" && exponent === 0 ? (high < 4 ? text : "") : text });
    if (every === 1 && last - first <= 8) for (let i = 2; i < 10; i += 1) found.push({ at: scale.to(i * 10 ** exponent), text: "" });
  }
  return found;
}

function label(exponent) {
  return exponent >= 0 && exponent <= 2 ? String(10 ** exponent) : power(exponent);
}

/** On a logarithmic axis even values crowd at its end: there some go without a text. */
function within(scale, low, high, room) {
  const apart = (0.8 * (high - low)) / room;
  let last = -Infinity;
  const values = linearTicks(scale.from(low), scale.from(high), room).filter((value) => value > 0 || scale.kind === "log1");
  return told(values).map(({ at: value, text }) => {
    const at = scale.to(value);
    if (at - last < apart) return { at, text: "" };
    last = at;
    return { at, text };
  });
}

/** Values with their texts, which have as many digits as it takes to tell neighbours apart. */
function told(values) {
  const apart = values.length > 1 ? values[1] - values[0] : 1;
  const largest = Math.max(...values.map(Math.abs));
  const digits = Math.min(15, Math.max(4, Math.ceil(Math.log10(largest / apart)) + 2));
  return values.map((at) => ({ at, text: num(at, digits) }));
}

// Values that differ by less, of their size, are one value with the noise of rounding.
const NOISE = 1e-10;

/** The range with some air; a single value gets a range around it. */
export function padded(low, high, share = 0.05) {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const width = high - low > NOISE * size ? high - low : size * 0.1 || 1;
  return [low - width * share, high + width * share];
}
