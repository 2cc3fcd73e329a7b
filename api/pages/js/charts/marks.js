// Vertical lines at steps with their names above them, and the span between two of them, drawn over curves.

import { cssVariable } from "../theme.js";

const GAP = 8;

/**
 * Draws marks on a uPlot: `[{step, text, colour, dash}]`, and spans `[{from, to, text}]` as arrows. `place(step)` is the
 * place on the x axis. Texts that would run into each other stand in rows above one another.
 */
export function drawMarks(plot, marks, spans, place) {
  const { ctx, bbox } = plot;
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.font = `${12 * ratio}px ${cssVariable("--sans") || "sans-serif"}`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  const rows = [];
  const inside = marks
    .map((mark) => ({ ...mark, x: Math.round(plot.valToPos(place(mark.step), "x", true)) }))
    .filter(({ x }) => x >= bbox.left - 1 && x <= bbox.left + bbox.width + 1)
    .sort((a, b) => a.x - b.x);
  for (const mark of inside) {
    const colour = cssVariable(mark.colour ?? "--mark");
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = (mark.dash ? 1.6 : 1.2) * ratio;
    ctx.setLineDash((mark.dash ?? [2, 3]).map((part) => part * ratio));
    ctx.beginPath();
    ctx.moveTo(mark.x, bbox.top);
    ctx.lineTo(mark.x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.text).width;
    const left = Math.min(Math.max(mark.x - width / 2, bbox.left), bbox.left + bbox.width - width);
    let row = rows.findIndex((end) => end + GAP * ratio < left);
    if (row < 0) row = rows.length;
    rows[row] = left + width;
    ctx.fillText(mark.text, left, bbox.top - (3 + 15 * row) * ratio);
  }
  for (const span of spans) drawSpan(plot, span, place, ratio);
  ctx.restore();
}

function drawSpan(plot, span, place, ratio) {
  const { ctx, bbox } = plot;
  const clip = (x) => Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
  const [raw, end] = [span.from, span.to].map((step) => plot.valToPos(place(step), "x", true));
  const [from, to] = [clip(raw), clip(end)];
  const width = ctx.measureText(span.text).width;
  if (to - from < width + 24 * ratio) return;
  const y = bbox.top + bbox.height * 0.5;
  ctx.strokeStyle = ctx.fillStyle = cssVariable("--mark");
  ctx.lineWidth = 1.2 * ratio;
  ctx.setLineDash([]);
  const middle = (from + to) / 2;
  const head = 5 * ratio;
  ctx.beginPath();
  for (const [begin, stop, tip] of [[middle - width / 2 - 6 * ratio, from, raw === from], [middle + width / 2 + 6 * ratio, to, end === to]]) {
    ctx.moveTo(begin, y);
    ctx.lineTo(stop, y);
    if (!tip) continue;
    const inward = stop === from ? head : -head;
    ctx.moveTo(stop + inward, y - head * 0.7);
    ctx.lineTo(stop, y);
    ctx.lineTo(stop + inward, y + head * 0.7);
  }
  ctx.stroke();
  ctx.textBaseline = "middle";
  ctx.fillText(span.text, middle - width / 2, y);
}
