// A map of cells over two axes on a canvas: one drawing, a cursor that the mouse and the arrow keys move, and a grid of
// one cell for screen readers, however many cells there are.

import { wantsDarkText } from "../charts/colours.js";
import { h, newId, setText } from "../dom.js";
import { axisValue } from "../format.js";
import { cssVariable } from "../theme.js";
import { createCanvas } from "./canvas.js";
import { drawBoundaries, drawTicks } from "./plane-marks.js";
import { placeCells } from "./places.js";

const HEIGHT = 330;

/**
 * `label` says what the map shows, `hint` what the readout says while no cell is looked at. Returns `{show, destroy}`;
 * `show({x, y, xName, yName, fill, text, describe, standIn, boundaries, pick})`:
 * `x`, `y`: `{values, spacing}`; `fill(cell)` a colour, "hatched" or null; `text(cell)` what fits into a cell, or "";
 * `describe(cell)` the words of the readout; `standIn[cell]` the cell whose colour it has; `pick(cell)` on Enter and
 * click. Cells count row by row from 0.
 */
export function createPlane(root, { label, hint }) {
  const ids = [newId("cell"), newId("cell")];
  const marker = h("div", { class: "plane-marker", role: "gridcell", id: ids[0], "aria-label": "no cell" });
  const row = h("div", { role: "row" }, marker);
  const grid = h("div", { class: "plane", role: "grid", tabindex: "0", "aria-label": label }, row);
  const readout = h("p", { class: "plane-readout soft" }, hint);
  root.append(grid, readout);
  let shown = null;
  let layout = null;
  let at = null;
  const canvas = createCanvas(grid, () => {
    draw();
    if (shown) look(at);
  });

  function show(next) {
    const same = shown && at !== null && next.x.values.length === shown.x.values.length && next.y.values.length === shown.y.values.length;
    shown = next;
    grid.setAttribute("aria-rowcount", String(next.y.values.length));
    grid.setAttribute("aria-colcount", String(next.x.values.length));
    grid.dataset.cells = String(next.x.values.length * next.y.values.length);
    draw();
    look(same ? at : null);
  }

  function draw() {
    if (!shown) return;
    const rows = shown.y.values.map((value) => (value === null ? "" : axisValue(value)));
    const widest = Math.min(120, Math.max(0, ...rows.map(canvas.measure)));
    const height = shown.y.values.length === 1 ? 150 : HEIGHT;
    const box = { left: Math.ceil(widest) + (shown.yName ? 32 : 12), top: 8, right: canvas.width() - 12, bottom: height - 44 };
    layout = { box, columns: placeCells(shown.x, box.left, box.right), rows: placeCells(shown.y, box.bottom, box.top) };
    const context = canvas.begin(height);
    drawCells(context, shown, layout);
    drawBoundaries(context, shown, layout);
    drawTicks(context, shown, layout, { rows, height, ink: cssVariable("--ink"), soft: cssVariable("--ink-soft") });
  }

  /** Puts the cursor on a cell, null: on none. */
  function look(cell) {
    at = cell;
    marker.classList.toggle("on", cell !== null);
    if (cell === null) {
      grid.removeAttribute("aria-activedescendant");
      setText(readout, hint);
      return;
    }
    const columns = shown.x.values.length;
    const [r, c] = [Math.floor(cell / columns), cell % columns];
    const [left, right] = layout.columns.edges(c);
    const [low, high] = layout.rows.edges(r);
    const [top, bottom] = [Math.min(low, high), Math.max(low, high)];
    for (const [name, value] of [["left", left], ["top", top], ["width", right - left], ["height", bottom - top]]) marker.style.setProperty(name, `${value}px`);
    const words = shown.describe(shown.standIn ? shown.standIn[cell] : cell);
    // Another id, so that readers say what the same element now is.
    marker.id = marker.id === ids[0] ? ids[1] : ids[0];
    marker.setAttribute("aria-label", words);
    marker.setAttribute("aria-colindex", String(c + 1));
    row.setAttribute("aria-rowindex", String(r + 1));
    grid.setAttribute("aria-activedescendant", marker.id);
    grid.dataset.at = `${r},${c}`;
    setText(readout, words);
  }

  function under(event) {
    if (!layout) return null;
    const [x, y] = canvas.at(event);
    const [c, r] = [layout.columns.at(x), layout.rows.at(y)];
    return c === null || r === null ? null : r * shown.x.values.length + c;
  }

  function pick() {
    if (at !== null) shown.pick(shown.standIn ? shown.standIn[at] : at);
  }

  function key(event) {
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const [columns, rows] = [shown.x.values.length, shown.y.values.length];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick();
      return;
    }
    const up = layout.rows.upwards ? 1 : -1;
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [up, 0], ArrowDown: [-up, 0], Home: [0, -columns], End: [0, columns], PageUp: [up * rows, 0], PageDown: [-up * rows, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const clip = (value, count) => Math.min(count - 1, Math.max(0, value));
    const start = at ?? 0;
    look(clip(Math.floor(start / columns) + (at === null ? 0 : move[0]), rows) * columns + clip((start % columns) + (at === null ? 0 : move[1]), columns));
  }

  grid.addEventListener("keydown", key);
  grid.addEventListener("focus", () => shown && at === null && look(0));
  grid.addEventListener("pointermove", (event) => {
    const cell = under(event);
    if (cell !== at) look(cell);
    grid.classList.toggle("pointing", cell !== null);
  });
  grid.addEventListener("pointerleave", () => document.activeElement !== grid && look(null));
  grid.addEventListener("click", (event) => {
    look(under(event));
    pick();
  });

  return { show, destroy: canvas.destroy };
}

function drawCells(context, { x, y, fill, text, standIn }, { columns, rows }) {
  const gap = Math.min(columns.least, rows.least) > 9 ? 1 : 0;
  const hatch = hatching(context);
  const inked = Math.min(rows.least, 40) >= 15;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let r = 0; r < y.values.length; r += 1) {
    const [low, high] = rows.edges(r);
    const [top, height] = [Math.round(Math.min(low, high)), Math.round(Math.max(low, high)) - Math.round(Math.min(low, high))];
    for (let c = 0; c < x.values.length; c += 1) {
      const cell = r * x.values.length + c;
      const colour = fill(standIn ? standIn[cell] : cell);
      if (colour === null) continue;
      const [left, right] = columns.edges(c).map(Math.round);
      context.fillStyle = colour === "hatched" ? hatch : colour;
      context.fillRect(left, top, right - left - gap, height - gap);
      const words = inked && right - left > 24 && (!standIn || standIn[cell] === cell) ? text(cell) : "";
      if (words === "" || context.measureText(words).width > right - left - 6) continue;
      context.fillStyle = colour === "hatched" ? cssVariable("--ink") : wantsDarkText(colour) ? "#111111" : "#ffffff";
      context.fillText(words, (left + right - gap) / 2, top + height / 2);
    }
  }
}

function hatching(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.fillStyle = cssVariable("--raised");
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = cssVariable("--line");
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift, 6);
    pen.lineTo(shift + 6, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}
