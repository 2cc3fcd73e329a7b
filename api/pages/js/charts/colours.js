// Colours that the colour-blind can tell apart: Okabe and Ito's for categories, cividis for strengths.

import { theme } from "../theme.js";

// Okabe and Ito, darkened or lightened where the original is too faint on the background.
const CATEGORIES = {
  light: ["#0072b2", "#d55e00", "#007a5a", "#a5527c", "#9a6a00", "#2f86b8", "#6e6e00", "#222222"],
  dark: ["#56b4e9", "#f28e3c", "#2bc49a", "#e29cc4", "#e6b422", "#7fb8ff", "#f0e442", "#e6e6e6"],
};
// Every eighth of matplotlib's cividis and viridis.
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];
const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
const SCALES = { cividis: CIVIDIS, viridis: VIRIDIS };

/** The colour of category `index`, from 0; they repeat after eight. */
export function category(index) {
  const list = CATEGORIES[theme()];
  return list[index % list.length];
}

/** The colour of a share of 0 to 1 on a perceptually even scale, "cividis" or "viridis". */
export function ramp(share, scale = "cividis") {
  const stops = SCALES[scale];
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [a, b] = [parse(stops[low]), parse(stops[low + 1])];
  const mixed = a.map((part, i) => Math.round(part + (b[i] - part) * (at - low)));
  return `rgb(${mixed.join(" ")})`;
}

/** As `ramp`, kept off the end that would vanish on the background: for thin lines. */
export function lineRamp(share, scale = "viridis") {
  const [low, high] = theme() === "dark" ? [0.3, 1] : [0, 0.82];
  return ramp(low + Math.min(1, Math.max(0, share)) * (high - low), scale);
}

/** Whether dark text reads better than light text on this colour (`#rrggbb` or `rgb(r g b)`). */
export function wantsDarkText(colour) {
  const [r, g, b] = parse(colour).map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18;
}

function parse(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return colour.match(/[\d.]+/g).slice(0, 3).map(Number);
}
