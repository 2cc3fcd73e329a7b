// What stands around and above the cells of a map: values along its sides, names of its axes, boundaries.

import { axisValue } from "../format.js";
import { cssVariable } from "../theme.js";
import { sideways } from "./canvas.js";

/** Lines of `shown.boundaries`, `[[[x, y], ...], ...]` in values of the axes; y null: through the whole height. */
export function drawBoundaries(context, { boundaries = [] }, { box, columns, rows }) {
  const lines = boundaries.map((points) => (points.length === 1 || points[0][1] === null
    ? points.flatMap(([x]) => [[columns.place(x), box.top], [columns.place(x), box.bottom]])
    : throughout(points.map(([x, y]) => [columns.place(x), rows.place(y)]), columns, rows)));
  context.lineJoin = context.lineCap = "round";
  for (const [width, colour] of [[5, cssVariable("--surface")], [2.4, cssVariable("--ink")]]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    for (const line of lines) {
      context.beginPath();
      line.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      context.stroke();
    }
  }
}

/** Values at the sides, as many as have room, and the names of the axes. */
export function drawTicks(context, { x, xName, yName }, { box, columns, rows: side }, { rows, height, ink, soft }) {
  const texts = x.values.map((value) => (value === null ? "" : axisValue(value)));
  context.fillStyle = ink;
  context.textBaseline = "top";
  context.textAlign = "center";
  let end = -Infinity;
  texts.forEach((text, at) => {
    const width = Math.min(context.measureText(text).width, 130);
    const middle = columns.middle(at);
    if (middle - width / 2 < end + 8) return;
    context.fillText(text, middle, box.bottom + 6, 130);
    end = middle + width / 2;
  });
  context.textBaseline = "middle";
  context.textAlign = "right";
  let last = null;
  rows.forEach((text, at) => {
    const y = side.middle(at);
    if (last !== null && Math.abs(y - last) < 16) return;
    context.fillText(text, box.left - 6, y, 120);
    last = y;
  });
  context.fillStyle = soft;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  if (xName) context.fillText(xName, (box.left + box.right) / 2, height - 6);
  if (yName) sideways(context, yName, 13, (box.top + box.bottom) / 2);
}

/** Lines lead from cell to cell; one that ends in the middle of an outermost cell goes on to its edge. */
function throughout(line, columns, rows) {
  const onwards = ([x, y]) => {
    for (const [middle, edge] of [columns.first, columns.last]) if (Math.abs(x - middle) < 0.5) return [[edge, y]];
    for (const [middle, edge] of [rows.first, rows.last]) if (Math.abs(y - middle) < 0.5) return [[x, edge]];
    return [];
  };
  return [...onwards(line[0]), ...line, ...onwards(line[line.length - 1])];
}
