// The table of results: sorted by any column, and no more rows in the document than are in sight.

import { fill, h, keyed, setText } from "../dom.js";
import { axisValue, int, num, words } from "../format.js";
import { axesOf, keyOf } from "./axes.js";

const ROW = 34;
const MORE = 8;
const SHORT = 6;

/** Rows of results in `root`. Returns `{update(), metrics(names)}`; `total()` is how many rows there will be. */
export function mountTable(root, { experiment, rows, total }) {
  const axes = axesOf(experiment.spec);
  let columns = columnsOf(axes, []);
  let order = [];
  let sort = null;
  const told = h("p", { class: "soft", "aria-live": "polite" });
  const head = h("tr", { "aria-rowindex": "1" });
  const body = h("tbody");
  const [above, below] = [h("tr", { class: "spacer", "aria-hidden": "true" }, h("td")), h("tr", { class: "spacer", "aria-hidden": "true" }, h("td"))];
  const table = h("table", { class: "results" }, h("thead", null, head), body);
  const frame = h("div", { class: "scroll results-scroll", tabindex: "0", role: "region", "aria-label": "results", on: { scroll: () => requestAnimationFrame(draw) } }, table);
  const section = h("section", { class: "panel", "aria-label": "table of results" }, h("div", { class: "panel-head" }, h("h2", null, "Results"), told), frame);
  root.append(section);
  // Rows stand between two spacers; those move with them.
  const keep = keyed(body, (item) => item.key, (item) => (item.spacer ? { element: item.spacer, update() {} } : makeRow(item)));
  headings();

  function headings() {
    fill(head, columns.map((column) => {
      const button = h("button", { type: "button", class: "quiet small", on: { click: () => sortBy(column) } }, column.name, h("span", { class: "sort", "aria-hidden": "true" }));
      return h("th", { scope: "col", class: column.text ? null : "number", "aria-sort": sort?.name === column.name ? (sort.down ? "descending" : "ascending") : "none", dataset: { column: column.name } }, button);
    }));
  }

  function sortBy(column) {
    sort = { name: column.name, down: sort?.name === column.name ? !sort.down : false };
    for (const cell of head.children) cell.setAttribute("aria-sort", cell.dataset.column === sort.name ? (sort.down ? "descending" : "ascending") : "none");
    frame.scrollTop = 0;
    update();
  }

  function arrange() {
    order = rows.list.map((_, at) => at);
    const column = sort && columns.find(({ name }) => name === sort.name);
    if (!column) return;
    const values = rows.list.map(column.value);
    const sign = sort.down ? -1 : 1;
    order.sort((a, b) => {
      const [one, other] = [values[a], values[b]];
      // What there is not stands last either way.
      if (one === null || one === undefined) return other === null || other === undefined ? a - b : 1;
      if (other === null || other === undefined) return -1;
      return sign * (one < other ? -1 : one > other ? 1 : 0) || a - b;
    });
  }

  function draw() {
    const first = Math.max(0, Math.floor(frame.scrollTop / ROW) - MORE);
    const last = Math.min(order.length, Math.ceil((frame.scrollTop + (frame.clientHeight || 480)) / ROW) + MORE);
    above.style.setProperty("height", `${first * ROW}px`);
    below.style.setProperty("height", `${(order.length - last) * ROW}px`);
    const shown = order.slice(first, last).map((at, i) => ({ key: rows.list[at].run, row: rows.list[at], place: first + i }));
    keep([{ key: "above", spacer: above }, ...shown, { key: "below", spacer: below }]);
  }

  function makeRow(item) {
    const cells = columns.map((column) => h(column.run ? "th" : "td", { class: column.text ? null : "number", scope: column.run ? "row" : null }));
    const element = h("tr", null, cells);
    let known = null;
    function update({ row, place }) {
      element.setAttribute("aria-rowindex", String(place + 2));
      if (row === known) return;
      known = row;
      columns.forEach((column, at) => {
        if (column.run) fill(cells[at], h("a", { href: `#/runs/${row.run}`, class: "mono" }, `…${row.run.slice(-SHORT)}`));
        else setText(cells[at], column.show(row));
      });
    }
    update(item);
    return { element, update };
  }

  function update() {
    arrange();
    table.setAttribute("aria-rowcount", String(total() + 1));
    const all = total();
    const added = rows.list.filter(({ own }) => !own).length;
    setText(told, rows.list.length < all ? `${int(rows.list.length)} of ${int(all)} rows are here` : [`${int(all)} rows`, added > 0 && `${int(added)} of refinements`, sort && `by ${sort.name}`].filter(Boolean).join(", "));
    section.dataset.rows = String(rows.list.length);
    draw();
  }

  return {
    update,
    metrics(names) {
      if (names.length === columns.filter(({ metric }) => metric).length) return;
      columns = columnsOf(axes, names);
      keep([]);
      headings();
      update();
    },
  };
}

function columnsOf(axes, metrics) {
  return [
    { name: "run", run: true, text: true, value: (row) => row.run },
    ...axes.map(({ path, name }) => ({ name, value: (row) => keyOf(row.axes[path]), show: (row) => axisValue(row.axes[path]) })),
    { name: "seed", value: (row) => row.seed, show: (row) => int(row.seed) },
    { name: "ended", text: true, value: (row) => row.outcome ?? row.state, show: (row) => words(row.outcome ?? row.state) },
    ...["t1", "t2", "delay"].map((name) => ({ name, value: (row) => row[name], show: (row) => int(row[name]) })),
    { name: "delay / theory", value: (row) => row.theory?.ratio, show: (row) => num(row.theory?.ratio) },
    ...metrics.map((metric) => ({ name: words(metric), metric, value: (row) => row.final[metric], show: (row) => row.nonfinite[metric] ?? num(row.final[metric]) })),
  ];
}
