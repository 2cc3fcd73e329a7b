// What the runs of an experiment show together: maps, curves, a law, a table.

import { h } from "../dom.js";
import { totalOf } from "../states.js";
import { axesOf, groupBy, placeOf } from "../sweep/axes.js";
import { mountSweepCurves } from "../sweep/curves.js";
import { mountLaw } from "../sweep/law.js";
import { mountMaps } from "../sweep/maps.js";
import { createRows } from "../sweep/rows.js";
import { openRuns } from "../sweep/runs-of-cell.js";
import { mountTable } from "../sweep/table.js";

/**
 * Shows the runs of `experiment` below its header, in `root`. Returns `{update(experiment), points(event), again(), destroy()}`:
 * `update` comes with every change of state, counts or progress (at most once a second), `points` with every event of
 * that name; both may come before anything is there to show. `again` comes when the service was away.
 */
export function mountSweep(root, { experiment }, ctx) {
  const axes = axesOf(experiment.spec);
  let now = experiment;
  let names = [];
  const rows = createRows(experiment.id, ctx, known);
  const valuesOf = (path) => groupBy(rows.list, path).map(({ value }) => value);
  const ownOf = (path) => groupBy(rows.list.filter(({ own }) => own), path).map(({ value }) => value);
  const shared = { experiment, rows, valuesOf };
  const [high, middle] = [h("div", { class: "columns sweep-maps" }), h("div", { class: "columns" })];
  root.append(high, middle);
  let wanted = null;
  const maps = axes.length > 0 ? mountMaps(high, { ...shared, ownOf, metrics: () => names, open, family: joined }, ctx) : null;
  if (maps === null) high.remove();
  const curves = mountSweepCurves(middle, shared, ctx);
  const law = axes.length > 0 ? mountLaw(middle, { ...shared, open: (run) => ctx.navigate(`/runs/${run}`) }, ctx) : null;
  const table = mountTable(root, { ...shared, total: () => Math.max(rows.list.length, totalOf(now)) });
  // The maps are what is seen first: the rows of thousands of runs would keep the service from them.
  (maps?.ask() ?? Promise.resolve()).then(rows.load);

  /** Opens the runs that belong to a cell, as soon as all are known. */
  function open(belongs, title) {
    wanted = null;
    if (rows.whole()) openRuns(rows.list.filter(belongs), title, (row) => placeOf(row, axes), ctx);
    else wanted = [belongs, title];
  }

  /** Experiments that refine this one: their rows belong here, too. */
  function joined(ids) {
    if (ids.length < 2) return;
    rows.add(ids);
    if (!rows.whole()) rows.load();
  }

  let asked = false;

  /** More rows are known, all of them or the first ones. */
  function known() {
    if (names.length === 0) findNames();
    table.update();
    if (!rows.whole()) return;
    if (wanted) open(...wanted);
    maps?.rowsKnown();
    curves.update();
    // What takes the service longest comes last.
    law?.update();
  }

  /** Recorded metrics are those of the first run that has recorded some. */
  function findNames() {
    const row = rows.list.find(({ state }) => state !== "queued");
    if (row === undefined || asked) return;
    asked = true;
    ctx.attempt(async () => {
      const { items } = await ctx.api.page(`/v1/runs/${row.run}/metrics`);
      names = items.filter(({ shape }) => !shape?.length).map(({ name }) => name);
      for (const part of [curves, law, table]) part?.metrics(names);
      if (rows.whole()) curves.update();
    }).finally(() => {
      asked = names.length > 0;
    });
  }

  return {
    update(next) {
      const counted = JSON.stringify([next.counts, next.outcomes]) !== JSON.stringify([now.counts, now.outcomes]);
      // Runs that had ended go on where an experiment is retried or extended.
      if (next.counts.queued + next.counts.running > now.counts.queued + now.counts.running) rows.reopen();
      now = next;
      if (!counted) return;
      rows.load();
      maps?.update();
    },
    again() {
      rows.load();
      maps?.update();
      if (rows.whole()) curves.update();
    },
    points: () => rows.whole() && curves.update(),
    destroy() {
      for (const part of [maps, curves, law]) part?.destroy();
    },
  };
}
