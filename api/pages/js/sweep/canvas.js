// A canvas that is as wide as its place, and drawn again when that or the theme changes.

import { h } from "../dom.js";
import { cssVariable, watchTheme } from "../theme.js";

/** A canvas in `host`; `draw()` is called for each drawing and begins it by `begin(height)`, a context in CSS pixels. */
export function createCanvas(host, draw) {
  const canvas = h("canvas", { class: "plane-canvas", "aria-hidden": "true" });
  host.append(canvas);
  let width = 0;
  const observer = new ResizeObserver(() => requestAnimationFrame(() => {
    if (host.clientWidth === width || host.clientWidth < 50) return;
    draw();
  }));
  observer.observe(host);
  const unwatch = watchTheme(draw);
  return {
    /** Measures texts before the drawing begins. */
    measure(text) {
      const context = canvas.getContext("2d");
      context.font = fontOf();
      return context.measureText(text).width;
    },
    begin(height) {
      const ratio = window.devicePixelRatio || 1;
      width = Math.max(200, host.clientWidth);
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      canvas.style.setProperty("width", `${width}px`);
      canvas.style.setProperty("height", `${height}px`);
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      context.font = fontOf();
      return context;
    },
    width: () => Math.max(200, host.clientWidth),
    /** Where an event is on it. */
    at(event) {
      const frame = canvas.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    },
    destroy() {
      observer.disconnect();
      unwatch();
    },
  };
}

const fontOf = () => `12px ${cssVariable("--sans") || "sans-serif"}`;

/** A text along the left side of a box, read from below. */
export function sideways(context, text, x, y) {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.fillText(text, 0, 0);
  context.restore();
}
