// Points on logarithmic axes with a power law through them, and their residuals below, on one canvas.

import { padded, ticks, valueScale } from "../charts/scales.js";
import { h, setText } from "../dom.js";
import { int, num } from "../format.js";
import { cssVariable } from "../theme.js";
import { extent } from "./axes.js";
import { createCanvas, sideways } from "./canvas.js";
import { faint } from "./colours.js";

const HEIGHT = 360;
const BELOW = 80;
const NEAR = 18;
const HINT = "A click on a point opens its run; arrow keys go from point to point.";

/** Returns `{show(fit | null), destroy}`; `fit` is an answer of /analysis/fit with the names of its axes; without points there is no chart. */
export function createScatter(root, { label, open }) {
  const marker = h("div", { class: "scatter-marker", hidden: true });
  const host = h("div", { class: "plane", role: "img", tabindex: "0", "aria-label": label }, marker);
  const readout = h("p", { class: "plane-readout soft" }, HINT);
  root.append(host, readout);
  const log = valueScale("log");
  let fit = null;
  let points = [];
  let pixels = { x: [], y: [] };
  let at = null;
  const canvas = createCanvas(host, () => {
    draw();
    look(at);
  });

  function show(next) {
    fit = next;
    points = next?.points ? [...next.points].sort((a, b) => a.x - b.x || a.y - b.y) : [];
    host.hidden = readout.hidden = points.length === 0;
    draw();
    look(null);
  }

  function draw() {
    if (points.length === 0 || host.clientWidth < 50) return;
    const context = canvas.begin(HEIGHT);
    const xs = points.map(({ x }) => log.to(x));
    const ys = points.map(({ y }) => log.to(y));
    const box = { left: 74, right: canvas.width() - 12, top: 8, bottom: HEIGHT - BELOW - 34 };
    const strip = { ...box, top: HEIGHT - BELOW - 14, bottom: HEIGHT - 40 };
    const across = frameOf(padded(...extent(xs), 0.06), box.left, box.right);
    const up = frameOf(padded(...extent(ys), 0.06), box.bottom, box.top);
    const most = Math.max(1e-9, extent(points.map(({ residual }) => Math.abs(residual)))[1]);
    const off = frameOf([-1.15 * most, 1.15 * most], strip.bottom, strip.top);
    drawAxes(context, { box, strip, across, up, most, off });
    pixels = { x: xs.map(across.to), y: ys.map(up.to) };
    const size = points.length > 2000 ? 2 : points.length > 300 ? 3 : 5;
    context.fillStyle = faint(cssVariable("--train"), points.length > 300 ? 0.45 : 0.8);
    pixels.x.forEach((x, i) => {
      context.fillRect(x - size / 2, pixels.y[i] - size / 2, size, size);
      context.fillRect(x - size / 2, off.to(points[i].residual) - size / 2, size, size);
    });
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.clip();
    context.strokeStyle = cssVariable("--theory");
    context.lineWidth = 2;
    context.beginPath();
    for (const end of [0, 1]) {
      const place = across.low + end * (across.high - across.low);
      const y = up.to(Math.log10(fit.prefactor) + fit.exponent * place);
      if (end === 0) context.moveTo(box.left, y);
      else context.lineTo(box.right, y);
    }
    context.stroke();
    context.restore();
  }

  function drawAxes(context, { box, strip, across, up, most, off }) {
    const [ink, soft, grid, line] = ["--ink", "--ink-soft", "--grid", "--line"].map(cssVariable);
    context.lineWidth = 1;
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const { at: place, text } of ticks(log, across.low, across.high, Math.floor((box.right - box.left) / 80))) {
      const x = Math.round(across.to(place)) + 0.5;
      rule(context, text === "" ? line : grid, [[x, text === "" ? box.bottom - 4 : box.top], [x, box.bottom]]);
      if (text === "") continue;
      rule(context, grid, [[x, strip.top], [x, strip.bottom]]);
      context.fillStyle = ink;
      context.fillText(text, x, strip.bottom + 5);
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { at: place, text } of ticks(log, up.low, up.high, 6)) {
      const y = Math.round(up.to(place)) + 0.5;
      rule(context, text === "" ? line : grid, [[box.left, y], [text === "" ? box.left + 4 : box.right, y]]);
      context.fillStyle = ink;
      context.fillText(text, box.left - 6, y);
    }
    for (const value of [-most, 0, most]) {
      const y = Math.round(off.to(value)) + 0.5;
      rule(context, value === 0 ? cssVariable("--theory") : grid, [[strip.left, y], [strip.right, y]]);
      context.fillStyle = ink;
      context.fillText(num(value, 2), strip.left - 6, y);
    }
    for (const { left, right, top, bottom } of [box, strip]) {
      context.strokeStyle = line;
      context.strokeRect(left + 0.5, top + 0.5, right - left, bottom - top);
    }
    context.fillStyle = soft;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText(fit.xName, (box.left + box.right) / 2, HEIGHT - 6);
    sideways(context, fit.yName, 12, (box.top + box.bottom) / 2);
    context.textAlign = "left";
    context.fillText("residual, ln y", strip.left, strip.top - 5);
  }

  function look(next) {
    at = next;
    marker.hidden = next === null;
    if (next === null) {
      setText(readout, HINT);
      return;
    }
    marker.style.setProperty("left", `${pixels.x[next]}px`);
    marker.style.setProperty("top", `${pixels.y[next]}px`);
    const point = points[next];
    setText(readout, `${fit.xName} ${num(point.x)}, ${fit.yName} ${num(point.y, 4)}, seed ${int(point.seed)}, residual ${num(point.residual, 2)}`);
  }

  function near(event) {
    const [x, y] = canvas.at(event);
    let [best, found] = [NEAR * NEAR, null];
    for (let i = 0; i < points.length; i += 1) {
      const away = (pixels.x[i] - x) ** 2 + (pixels.y[i] - y) ** 2;
      if (away < best) [best, found] = [away, i];
    }
    return found;
  }

  host.addEventListener("pointermove", (event) => {
    const found = near(event);
    if (found !== at) look(found);
    host.classList.toggle("pointing", found !== null);
  });
  host.addEventListener("pointerleave", () => document.activeElement !== host && look(null));
  host.addEventListener("click", (event) => {
    look(near(event));
    if (at !== null) open(points[at].run);
  });
  host.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -50, PageDown: 50, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" && at !== null) open(points[at].run);
    if (!(event.key in moves) || points.length === 0) return;
    event.preventDefault();
    readout.setAttribute("aria-live", "polite");
    look(Math.min(points.length - 1, Math.max(0, (at ?? (moves[event.key] > 0 ? -1 : points.length)) + moves[event.key])));
  });

  show(null);
  return { show, destroy: canvas.destroy };
}

function frameOf([low, high], from, to) {
  return { low, high, to: (place) => from + ((to - from) * (place - low)) / (high - low) };
}

function rule(context, colour, [[x, y], [toX, toY]]) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
