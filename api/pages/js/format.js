// Numbers and times as a paper would print them.

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const NOTHING = "–";

/** A whole number with separators: 120,000. */
export function int(value) {
  return value === null || value === undefined ? NOTHING : GROUPED.format(value);
}

/** So many runs: 1 run, 120,000 runs. */
export function runs(n) {
  return `${int(n)} ${n === 1 ? "run" : "runs"}`;
}

/** 10 to a whole power: 10⁻⁴. */
export function power(exponent) {
  return `10${[...String(exponent)].map((digit) => SUPERSCRIPT[digit]).join("")}`;
}

/** A number with so many significant digits: 2.13×10⁻⁴, 0.644, 1,234.5; whole numbers below 10⁷ as they are. */
export function num(value, digits = 3) {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return scientific(value, digits);
  if (Number.isInteger(value)) return GROUPED.format(value).replace("-", "−");
  const text = new Intl.NumberFormat("en-US", { maximumSignificantDigits: Math.max(digits, size >= 1000 ? 5 : 1) });
  return text.format(value).replace("-", "−");
}

function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const short = mantissa.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "").replace("-", "−");
  const ten = power(Number(exponent));
  return short === "1" ? ten : short === "−1" ? `−${ten}` : `${short}×${ten}`;
}

/** A share of one: 42 %. Neither 0 % nor 100 % before it is. */
export function percent(share) {
  if (share === null || share === undefined) return NOTHING;
  if (share > 0 && share < 0.01) return "<1 %";
  return `${share >= 1 ? 100 : Math.min(99, Math.floor(share * 100))} %`;
}

/** Seconds in the largest units that tell: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NOTHING;
  if (seconds < 10) return `${Number(seconds.toPrecision(seconds < 1 ? 1 : 2))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[first];
  const [below, part] = units[first + 1];
  const rest = Math.floor((whole % size) / part);
  return rest ? `${Math.floor(whole / size)} ${name} ${rest} ${below}` : `${Math.floor(whole / size)} ${name}`;
}

/** Bytes: 812 B, 9.3 MiB. */
export function bytes(count) {
  if (count === null || count === undefined) return NOTHING;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const at = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${at === 0 ? GROUPED.format(count) : (count / 1024 ** at).toFixed(1)} ${units[at]}`;
}

/** A time: of today the clock, else the date with it. */
export function time(iso, withSeconds = false) {
  if (!iso) return NOTHING;
  const at = new Date(iso);
  const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: withSeconds ? "2-digit" : undefined });
  if (at.toDateString() === new Date().toDateString()) return clock;
  return `${at.toLocaleDateString("en-CA")} ${clock}`;
}

/** How long ago, in words. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso).getTime()) / 1000;
  if (seconds < 10) return "just now";
  return `${duration(seconds).split(" ").slice(0, 2).join(" ")} ago`;
}

const NAMES = {
  grokked: "grokked", generalised_at_once: "generalised at once", memorised_only: "memorised only",
  never_memorised: "never memorised", diverged: "diverged",
};

/** The words of an outcome or a state. */
export function words(name) {
  return name === null || name === undefined ? NOTHING : (NAMES[name] ?? String(name).replaceAll("_", " "));
}

/** What an experiment is called; where nothing of its name can be seen, by its id. */
export function titleOf({ name, id }) {
  return /[^\p{Cf}\p{Z}]/u.test(name ?? "") ? name : id;
}

/** The short name of a swept field: /regularization/l1 is l1, /optimizer/learning_rate is learning rate. */
export function axisName(pointer) {
  const parts = pointer.split("/").filter(Boolean);
  return parts.length ? parts[parts.length - 1].replaceAll("~1", "/").replaceAll("~0", "~").replaceAll("_", " ") : pointer;
}

/** A swept value: numbers as numbers, texts as they are, objects as short JSON. */
export function axisValue(value) {
  if (typeof value === "number") return num(value, 4);
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "none";
  if (typeof value === "object") {
    const parts = Object.entries(value).filter(([, one]) => one !== null && typeof one !== "object");
    const text = parts.map(([key, one]) => `${key.replaceAll("_", " ")} ${axisValue(one)}`).join(", ");
    return text || JSON.stringify(value);
  }
  return String(value);
}
